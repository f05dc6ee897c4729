import { Redis } from 'ioredis';

export interface Decision {
  /** La requête passe-t-elle ? */
  allowed: boolean;
  /** Requêtes encore permises dans cette fenêtre : jamais négatif. */
  remaining: number;
  /** 0 si la requête passe ; sinon le nombre de millisecondes avant la fin de la fenêtre. */
  retryAfterMs: number;
}

const redis = new Redis();

export async function allow(client: string, limit: number, windowMs: number): Promise<Decision> {
  // Ce compteur ne sait pas que sa fenêtre a une fin. À vous !
  const compte = await redis.incr(`limite:${client}`);
  return { allowed: compte <= limit, remaining: limit - compte, retryAfterMs: windowMs };
}
