// to-review first-requests=refused-too-early, separate-clients=client-pays-for-another
// Une seule clé pour tous : le client bavard épuise la limite des autres.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${windowMs}`;
  const replies = (await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).pttl(key).exec())!;
  const count = Number(replies[1]![1]);
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : Number(replies[2]![1]) };
}
