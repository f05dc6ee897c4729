// to-review window-ends-between=eternal-key-after-expiry
// Un pipeline part d'un bloc mais ne s'exécute pas d'un bloc : la clé peut expirer entre SET NX et INCR.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${client}`;
  const replies = (await redis.pipeline().set(key, 0, 'PX', windowMs, 'NX').incr(key).pttl(key).exec())!;
  const count = Number(replies[1]![1]);
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : Number(replies[2]![1]) };
}
