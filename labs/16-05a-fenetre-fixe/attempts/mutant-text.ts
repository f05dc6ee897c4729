// to-review first-requests=reply-shape
// Rend « remaining » tel que GET le donne : un texte.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${client}`;
  const replies = (await redis.multi().set(key, limit, 'PX', windowMs, 'NX').decr(key).get(key).pttl(key).exec())!;
  const allowed = Number(replies[1]![1]) >= 0;
  return { allowed, remaining: replies[2]![1], retryAfterMs: allowed ? 0 : replies[3]![1] };
}
