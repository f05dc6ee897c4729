import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  // Compte les visites, pas les visiteurs. À vous !
  await redis.incrby(`visites:${page}`, visitors.length);
}

export async function unique(pages: string[]): Promise<number> {
  const counts = await Promise.all(pages.map((page) => redis.get(`visites:${page}`)));
  return counts.reduce((sum, count) => sum + Number(count), 0);
}
