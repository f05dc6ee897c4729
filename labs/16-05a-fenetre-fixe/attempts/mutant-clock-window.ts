// to-review retry-after=wrong-retry-after
// Fenêtre alignée sur l'horloge : elle ne s'ouvre pas à la première requête, et l'attente annoncée est fausse.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const now = Date.now();
  const key = `limite:${client}:${Math.floor(now / windowMs)}`;
  const replies = (await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).exec())!;
  const count = Number(replies[1]![1]);
  const allowed = count <= limit;
  const retryAfterMs = allowed ? 0 : windowMs - (now % windowMs);
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs };
}
