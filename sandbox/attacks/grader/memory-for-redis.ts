// Keeps its counters in a Map instead of Redis → its process is ended between calls, and another one asked
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
const windows = new Map<string, { count: number; end: number }>();
export async function allow(client: string, limit: number, windowMs: number) {
  const now = Date.now();
  let window = windows.get(client);
  if (!window || window.end <= now) windows.set(client, (window = { count: 0, end: now + windowMs }));
  window.count++;
  const allowed = window.count <= limit;
  return { allowed, remaining: Math.max(0, limit - window.count), retryAfterMs: allowed ? 0 : window.end - now };
}`),
  ),
);
