// to-review killed-between=eternal-key-after-death, cost-round-trips=too-many-round-trips
// INCR, puis PEXPIRE si le compte vaut 1 : la passerelle qui meurt entre les deux bloque le client pour toujours.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${client}`;
  const replies = (await redis.multi().incr(key).pttl(key).exec())!;
  const count = Number(replies[0]![1]);
  if (count === 1) await redis.pexpire(key, windowMs);
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : Number(replies[1]![1]) };
}
