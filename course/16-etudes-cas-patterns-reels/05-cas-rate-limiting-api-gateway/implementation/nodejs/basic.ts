/**
 * Rate limiting, étape 1 : une fenêtre fixe, juste.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

// #region verifier
const source = readFileSync(new URL('../../lua-scripts/fixed-window.lua', import.meta.url), 'utf8');

/** La réponse du limiteur : `waitMs` vaut 0 quand la requête est admise. */
export interface Decision {
  admitted: boolean;
  remaining: number;
  waitMs: number;
}

/** Compte une requête de `client` et dit si elle passe. */
export async function check(
  redis: Redis,
  client: string,
  limit: number,
  windowMs: number,
): Promise<Decision> {
  return decisionOf(await redis.eval(source, 1, `rl:{${client}}`, limit, windowMs));
}

/** Lit la réponse d'un script : {admise, restantes, attente}. */
export function decisionOf(reply: unknown): Decision {
  if (!Array.isArray(reply)) throw new TypeError(`réponse inattendue du script : ${String(reply)}`);
  const [admitted, remaining, waitMs] = reply.map(Number);
  return { admitted: admitted === 1, remaining, waitMs };
}
// #endregion verifier
