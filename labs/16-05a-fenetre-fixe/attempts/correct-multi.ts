// passed
// MULTI : la fenêtre s'ouvre par SET NX et compte par INCR, d'un bloc.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const cle = `limite:{${client}}`;
  const replies = await redis.multi().set(cle, 0, 'PX', windowMs, 'NX').incr(cle).pttl(cle).exec();
  const [, count, ttl] = replies!.map(([error, value]) => {
    if (error) throw error;
    return value as number;
  });
  const allowed = count! <= limit;
  return { allowed, remaining: Math.max(0, limit - count!), retryAfterMs: allowed ? 0 : ttl! };
}
