import { Redis } from 'ioredis';

const redis = new Redis();

export async function visit(page: string): Promise<number> {
  // Rend le compte, mais ne compte pas encore. À vous !
  return Number(await redis.get(`visites:${page}`));
}
