import { Redis } from 'ioredis';

const redis = new Redis();

export async function visit(page: string): Promise<number> {
  // INCR lit, ajoute un et écrit d'un bloc : personne ne passe entre les trois.
  return redis.incr(`visites:${page}`);
}
