// passed
// MULTI encore, mais l'échéance n'est posée que si la clé n'en a pas : PEXPIRE … NX.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `rate:${client}`;
  const replies = (await redis.multi().incr(key).pexpire(key, windowMs, 'NX').pttl(key).exec()) ?? [];
  const count = Number(replies[0]![1]);
  const ttl = Number(replies[2]![1]);
  if (count > limit) return { allowed: false, remaining: 0, retryAfterMs: ttl };
  return { allowed: true, remaining: limit - count, retryAfterMs: 0 };
}
