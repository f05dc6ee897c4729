// passed
// Un script qui appelle PFADD : le client ne change que l'enveloppe.
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('noter', { numberOfKeys: 1, lua: `return redis.call('PFADD', KEYS[1], unpack(ARGV))` });

export async function visits(page: string, visitors: string[]): Promise<void> {
  await (redis as Redis & { noter(key: string, ...v: string[]): Promise<number> }).noter(`visiteurs:${page}`, ...visitors);
}

export async function unique(pages: string[]): Promise<number> {
  return redis.pfcount(...pages.map((page) => `visiteurs:${page}`));
}
