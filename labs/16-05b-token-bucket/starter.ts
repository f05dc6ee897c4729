import { Redis } from 'ioredis';

export interface Decision {
  /** La requête passe-t-elle ? */
  allowed: boolean;
  /** Jetons dans le seau après la décision ; une fraction de jeton compte. */
  tokens: number;
  /** 0 si la requête passe ; -1 si elle ne passera jamais ; sinon le nombre de millisecondes avant qu'elle puisse passer. */
  retryAfterMs: number;
}

const redis = new Redis();

export async function take(
  client: string,
  capacity: number,
  refillPerSecond: number,
  cost: number,
): Promise<Decision> {
  // Un seau plein chaque seconde : c'est une fenêtre fixe, pas un seau de jetons. À vous !
  const pris = await redis.incrby(`seau:${client}`, cost);
  await redis.expire(`seau:${client}`, 1);
  return {
    allowed: pris <= capacity,
    tokens: capacity - pris,
    retryAfterMs: (cost / refillPerSecond) * 1000,
  };
}
