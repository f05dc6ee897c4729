// to-review window-ends=window-never-ends, window-fixed=window-extended, no-trace-left=key-outlives-window
// EXPIRE compte en secondes : la fenêtre de 120 ms en dure 1 000.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${client}`;
  const seconds = Math.ceil(windowMs / 1000);
  const replies = (await redis.multi().set(key, 0, 'EX', seconds, 'NX').incr(key).pttl(key).exec())!;
  const count = Number(replies[1]![1]);
  const ttl = Number(replies[2]![1]) - (seconds * 1000 - windowMs);
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : ttl };
}
