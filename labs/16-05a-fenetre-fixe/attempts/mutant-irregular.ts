// to-review latency=too-slow
// Une requête sur huit attend longtemps : la médiane est parfaite, la moyenne ne l'est pas.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  if (Math.random() < 1 / 8) await sleep(12 + Math.random() * 8);
  const key = `limite:${client}`;
  const replies = (await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).pttl(key).exec())!;
  const count = Number(replies[1]![1]);
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : Number(replies[2]![1]) };
}
