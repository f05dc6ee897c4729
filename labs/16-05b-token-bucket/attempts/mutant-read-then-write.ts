// to-review race=token-taken-twice, burst=burst-miscounted, cost-round-trips=too-many-round-trips, cost-commands=too-many-commands, cost-bytes=too-many-bytes
// Lit le seau, calcule dans la passerelle, puis l'écrit : l'autre passerelle a lu le même seau.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function take(client: string, capacity: number, refillPerSecond: number, cost: number) {
  const key = `seau:${client}`;
  const [[, time], [, bucket]] = (await redis.multi().time().hmget(key, 'n', 'at').exec())! as [
    [null, [number, number]],
    [null, [string | null, string | null]],
  ];
  const now = Number(time[0]) * 1000 + Number(time[1]) / 1000;
  const elapsed = now - Number(bucket[1] ?? now);
  let tokens = Math.min(capacity, Number(bucket[0] ?? capacity) + (elapsed * refillPerSecond) / 1000);
  if (cost > capacity) return { allowed: false, tokens, retryAfterMs: -1 };
  const allowed = tokens >= cost;
  if (allowed) tokens -= cost;
  const ttl = Math.ceil(((capacity - tokens) / refillPerSecond) * 1000) + 1;
  await redis.multi().hset(key, { n: tokens, at: now }).pexpire(key, ttl).exec();
  return { allowed, tokens, retryAfterMs: allowed ? 0 : Math.ceil(((cost - tokens) / refillPerSecond) * 1000) };
}
