/**
 * Leaderboard, étape 1 : un sorted set, le meilleur score de chacun.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import type { Redis } from 'ioredis';

/** Une ligne du classement. Le premier rang est 1. */
export interface Line {
  rank: number;
  player: string;
  points: number;
}

// #region soumettre
/** Retient le meilleur score du joueur ; dit si celui-ci l'est. Un score plus bas, ou rejoué, ne change rien. */
export async function submit(redis: Redis, board: string, player: string, points: number): Promise<boolean> {
  return Number(await redis.call('ZADD', board, 'GT', 'CH', points, player)) === 1;
}
// #endregion soumettre

// #region lire
/** Une page du classement, à partir du meilleur. */
export async function page(redis: Redis, board: string, from: number, count: number): Promise<Line[]> {
  const reply = await redis.zrange(board, String(from), String(from + count - 1), 'REV', 'WITHSCORES');
  return lines(reply, from);
}

/** Le rang et les points d'un joueur, en une commande ; `null` s'il n'a jamais joué. */
export async function rankOf(redis: Redis, board: string, player: string): Promise<Line | null> {
  const found = await redis.call('ZREVRANK', board, player, 'WITHSCORE'); // Redis 7.2
  return Array.isArray(found) ? { rank: Number(found[0]) + 1, player, points: Number(found[1]) } : null;
}
// #endregion lire

/** Une réponse `membre, score, membre, score…`, devenue lignes. */
export function lines(reply: string[], from: number): Line[] {
  const found: Line[] = [];
  for (let n = 0; n + 1 < reply.length; n += 2)
    found.push({ rank: from + n / 2 + 1, player: reply[n] ?? '', points: Number(reply[n + 1]) });
  return found;
}
