// to-review state-in-redis=state-outside-redis
// Retient les refus en mémoire pour épargner Redis : le client débloqué à la main reste refusé.
import { Redis } from 'ioredis';

const redis = new Redis();
const refusedUntil = new Map<string, number>();

export async function allow(client: string, limit: number, windowMs: number) {
  const left = (refusedUntil.get(client) ?? 0) - performance.now();
  if (left > 0) return { allowed: false, remaining: 0, retryAfterMs: left };
  const key = `limite:${client}`;
  const replies = (await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).pttl(key).exec())!;
  const count = Number(replies[1]![1]);
  const ttl = Number(replies[2]![1]);
  const allowed = count <= limit;
  if (!allowed) refusedUntil.set(client, performance.now() + ttl);
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : ttl };
}
