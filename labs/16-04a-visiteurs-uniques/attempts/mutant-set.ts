// to-review crowd=too-much-memory
// Un ensemble retient chaque visiteur : exact, et la mémoire grandit avec eux.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  await redis.sadd(`visiteurs:${page}`, visitors);
}

export async function unique(pages: string[]): Promise<number> {
  return (await redis.sunion(pages.map((page) => `visiteurs:${page}`))).length;
}
