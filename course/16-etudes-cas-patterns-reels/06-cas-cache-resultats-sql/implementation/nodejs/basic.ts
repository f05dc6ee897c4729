/**
 * Cache de résultats SQL, étape 1 : lire le cache, sinon la base, puis remplir le cache.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import type { Redis } from 'ioredis';

// #region cle
/** Le nom d'une entrée : celui de la requête et ses paramètres, rangés, pour que deux écritures du même appel se rejoignent. */
export function keyOf(query: string, parameters: Record<string, string | number>): string {
  const sorted = Object.keys(parameters)
    .toSorted()
    .map((name) => `${name}=${encodeURIComponent(parameters[name] ?? '')}`);
  return `q:${query}:${sorted.join('&')}`;
}
// #endregion cle

// #region lire
/** Le résultat gardé sous ce nom ; à défaut, celui de `load`, gardé pour les suivants. */
export async function cached<Value>(
  redis: Redis,
  key: string,
  ttlMs: number,
  load: () => Promise<Value>,
): Promise<Value> {
  const found = await redis.get(key).catch(() => null); // Redis absent : on calcule, rien de plus
  if (found !== null) return JSON.parse(found) as Value; // null seul est une absence : ni "0", ni "[]", ni "null"
  const value = await load();
  await redis.set(key, JSON.stringify(value), 'PX', ttlMs).catch(() => null);
  return value;
}
// #endregion lire
