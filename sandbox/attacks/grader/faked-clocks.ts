// Stops or hurries every clock there is in the box, so that windows end when it likes → time is the checker's
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
import { Redis } from 'ioredis';
const redis = new Redis();
let now = 1e12;
Date.now = () => (now += 1e9);
performance.now = () => 0;
(process as any).hrtime.bigint = () => 0n;
globalThis.setTimeout = ((f: () => void) => setImmediate(f)) as any;
export async function allow(client: string, limit: number, windowMs: number) {
  const count = await redis.incr(client + Math.floor(Date.now() / windowMs));
  return { allowed: count <= limit, remaining: Math.max(0, limit - count), retryAfterMs: 0 };
}`),
  ),
);
