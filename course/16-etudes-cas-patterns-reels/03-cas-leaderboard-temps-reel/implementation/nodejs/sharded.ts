/**
 * Leaderboard, étape 2 : un classement trop chaud pour un seul nœud, réparti par joueur.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { pointsOf, scoreOf, type Line } from './advanced.ts';

/** Un classement en plusieurs parts, une par nœud si l'on veut ; écrire en touche une, lire les touche toutes. */
export class ShardedBoard {
  readonly redis: Redis | Cluster;
  readonly #keys: string[];

  constructor(redis: Redis | Cluster, board: string, shards: number) {
    this.redis = redis;
    // L'accolade donne à chaque part son slot : un cluster peut les placer sur des nœuds différents.
    this.#keys = Array.from({ length: shards }, (_, shard) => `lb:{${board}:${shard}}`);
  }

  // #region repartir
  /** La part d'un joueur : toujours la même, et les joueurs s'y répartissent également. */
  keyOf(player: string): string {
    const number = createHash('sha1').update(player).digest().readUInt32BE();
    return this.#keys[number % this.#keys.length] ?? '';
  }

  /** Retient le meilleur score, sur une seule part. */
  async submit(player: string, points: number, second: number): Promise<boolean> {
    const score = scoreOf(points, second);
    return Number(await this.redis.call('ZADD', this.keyOf(player), 'GT', 'CH', score, player)) === 1;
  }

  /** Les `count` premiers : il faut en demander autant à chaque part, car tous peuvent être sur la même. */
  async top(count: number): Promise<Line[]> {
    const tops = await Promise.all(
      this.#keys.map((key) => this.redis.zrange(key, '0', String(count - 1), 'REV', 'WITHSCORES')),
    );
    return tops
      .flatMap((top) => top.flatMap((player, n) => (n % 2 ? [] : [{ player, score: Number(top[n + 1]) }])))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, count)
      .map(({ player, score }, n) => ({ rank: n + 1, player, points: pointsOf(score) }));
  }

  /** Le rang : combien, dans toutes les parts, ont un score plus haut. Exact si personne ne joue entre les réponses. */
  async rankOf(player: string): Promise<Line | null> {
    const score = await this.redis.zscore(this.keyOf(player), player);
    if (score === null) return null;
    const above = await Promise.all(this.#keys.map((key) => this.redis.zcount(key, `(${score}`, '+inf')));
    return { rank: above.reduce((sum, count) => sum + count, 1), player, points: pointsOf(Number(score)) };
  }
  // #endregion repartir
}
