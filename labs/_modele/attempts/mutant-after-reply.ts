// to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?, cost-commands=too-many-commands?
// Écrit encore après avoir répondu.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visit(page: string): Promise<number> {
  setTimeout(() => void redis.set('derniere-visite', Date.now(), 'PX', 1000), 2);
  return redis.incr(`visites:${page}`);
}
