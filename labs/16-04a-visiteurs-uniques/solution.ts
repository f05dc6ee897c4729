import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  // Un HyperLogLog : 12 Kio au plus, 0,81 % d'erreur, et toute la liste en une commande.
  if (visitors.length > 0) await redis.pfadd(`visiteurs:${page}`, ...visitors);
}

export async function unique(pages: string[]): Promise<number> {
  // Plusieurs clés : PFCOUNT compte leur union, sans rien écrire.
  return pages.length === 0 ? 0 : redis.pfcount(...pages.map((page) => `visiteurs:${page}`));
}
