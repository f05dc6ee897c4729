// to-review cost-commands=too-many-commands, cost-bytes=too-many-bytes
// Une commande par visiteur, même dans un pipeline : cent fois plus de commandes que nécessaire.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const visitor of visitors) pipeline.pfadd(`visiteurs:${page}`, visitor);
  await pipeline.exec();
}

export async function unique(pages: string[]): Promise<number> {
  return redis.pfcount(...pages.map((page) => `visiteurs:${page}`));
}
