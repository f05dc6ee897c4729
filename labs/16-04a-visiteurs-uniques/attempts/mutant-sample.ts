// to-review crowd=too-far
// N'en note qu'un sur huit au-delà des petits paquets, et multiplie : l'erreur suit la chance.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  const kept = visitors.length < 100 ? visitors : visitors.filter((_, place) => place % 8 === 0);
  await redis.pfadd(`visiteurs:${page}`, ...kept);
  await redis.incrby(`gros:${page}`, visitors.length - kept.length);
}

export async function unique(pages: string[]): Promise<number> {
  const count = await redis.pfcount(...pages.map((page) => `visiteurs:${page}`));
  const left = await redis.mget(pages.map((page) => `gros:${page}`));
  return left.some((one) => Number(one) > 0) ? count * 4 : count;
}
