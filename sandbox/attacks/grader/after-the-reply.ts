// Answers at once from a guess and does the work afterwards, when the clock has stopped → a command after the reply fails a check
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
import { Redis } from 'ioredis';
const redis = new Redis();
const counts = new Map<string, number>();
export async function allow(client: string, limit: number, windowMs: number) {
  const count = (counts.get(client) ?? 0) + 1;
  counts.set(client, count);
  setTimeout(async () => { await redis.incr('limite:' + client); await redis.pexpire('limite:' + client, windowMs, 'NX'); }, 5);
  return { allowed: count <= limit, remaining: Math.max(0, limit - count), retryAfterMs: count <= limit ? 0 : windowMs };
}`),
  ),
);
