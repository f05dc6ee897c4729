// to-review race=both-allowed, burst=burst-miscounted, cost-round-trips=too-many-round-trips, cost-commands=too-many-commands
// Lit le compteur, décide, puis l'incrémente : deux passerelles lisent la même valeur.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${client}`;
  const [[, value], [, ttl]] = (await redis.multi().get(key).pttl(key).exec())!;
  const count = Number(value ?? 0);
  if (count >= limit) return { allowed: false, remaining: 0, retryAfterMs: Number(ttl) };
  await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).exec();
  return { allowed: true, remaining: limit - count - 1, retryAfterMs: 0 };
}
