// passed
// Un champ d'un hachage par page, plutôt qu'une seule valeur.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visit(page: string): Promise<number> {
  return redis.hincrby(`page:${page}`, 'visites', 1);
}
