// to-review latency=too-slow
// Deux fois plus lent que nécessaire : après la réponse de Redis, attend encore aussi longtemps qu'elle a duré.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const started = performance.now();
  const key = `limite:${client}`;
  const replies = (await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).pttl(key).exec())!;
  const end = performance.now() + (performance.now() - started);
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  const count = Number(replies[1]![1]);
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : Number(replies[2]![1]) };
}
