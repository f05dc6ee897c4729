// to-review crowd=too-much-memory, state-in-redis=trace-left
// PFMERGE dans une clé de travail que personne n'efface.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  await redis.pfadd(`visiteurs:${page}`, ...visitors);
}

export async function unique(pages: string[]): Promise<number> {
  const union = `union:${pages.join('+')}`;
  await redis.pfmerge(union, ...pages.map((page) => `visiteurs:${page}`));
  return redis.pfcount(union);
}
