// to-review counts=wrong-count
// Rend le compte d'avant la visite.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visit(page: string): Promise<number> {
  return (await redis.incr(`visites:${page}`)) - 1;
}
