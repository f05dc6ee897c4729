// code-error first-requests=handler-threw
// Refuse par une exception : ce n'est pas ce que dit le contrat.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${client}`;
  const replies = (await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).pttl(key).exec())!;
  const count = Number(replies[1]![1]);
  if (count > limit) throw new Error('429 Too Many Requests');
  return { allowed: true, remaining: limit - count, retryAfterMs: 0 };
}
