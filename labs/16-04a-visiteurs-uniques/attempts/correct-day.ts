// passed
// Un nom de clé qui porte la page entre accolades : les pages d'un Cluster s'y comptent de même.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  await redis.pfadd(`hll:{site}:${page}`, visitors);
}

export async function unique(pages: string[]): Promise<number> {
  return redis.pfcount(pages.map((page) => `hll:{site}:${page}`));
}
