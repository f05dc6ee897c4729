// Keeps its counters in a file of /tmp, which outlives a process but not its box → another box is asked
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
export async function allow(client: string, limit: number, windowMs: number) {
  const file = '/tmp/counters.json';
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const now = Date.now();
  if (!all[client] || all[client].end <= now) all[client] = { count: 0, end: now + windowMs };
  const count = ++all[client].count;
  writeFileSync(file, JSON.stringify(all));
  return { allowed: count <= limit, remaining: Math.max(0, limit - count), retryAfterMs: count <= limit ? 0 : all[client].end - now };
}`),
  ),
);
