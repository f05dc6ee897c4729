// to-review union=union-counted-twice
// Additionne les comptes des pages : qui en a vu deux compte deux fois.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  await redis.pfadd(`visiteurs:${page}`, ...visitors);
}

export async function unique(pages: string[]): Promise<number> {
  const counts = await Promise.all(pages.map((page) => redis.pfcount(`visiteurs:${page}`)));
  return counts.reduce((sum, count) => sum + count, 0);
}
