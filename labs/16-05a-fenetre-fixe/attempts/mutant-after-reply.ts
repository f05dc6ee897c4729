// to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?, cost-commands=too-many-commands?
// Répond d'abord, écrit encore ensuite : la réponse est rapide, mais le travail n'est pas fait.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${client}`;
  const replies = (await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).pttl(key).exec())!;
  const count = Number(replies[1]![1]);
  const allowed = count <= limit;
  setImmediate(() => void redis.set('derniere-requete', Date.now(), 'PX', 1000));
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : Number(replies[2]![1]) };
}
