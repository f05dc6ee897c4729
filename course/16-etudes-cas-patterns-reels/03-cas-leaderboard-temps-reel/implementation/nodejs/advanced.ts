/**
 * Leaderboard, étape 2 : ex æquo départagés par l'arrivée, trois périodes, voisinage, amis, cumul rejouable.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';
import { lines, type Line } from './basic.ts';

export type { Line };

// #region score
/** Un score est un entier de 53 bits : 25 pour les points, 28 pour l'arrivée, en secondes depuis l'ouverture. */
const span = 2 ** 28;
export const maxPoints = 2 ** 25 - 1;

/** À points égaux, qui arrive plus tôt a le score le plus haut. */
export function scoreOf(points: number, second: number): number {
  if (!Number.isInteger(points) || points < 0 || points > maxPoints)
    throw new RangeError(`points hors limites : ${points}`);
  if (!Number.isInteger(second) || second < 0 || second >= span)
    throw new RangeError(`arrivée hors limites : ${second}`);
  return points * span + (span - 1 - second);
}

/** Les points d'un score. */
export const pointsOf = (score: number): number => Math.floor(score / span);
// #endregion score

// #region periodes
export type Period = 'day' | 'week' | 'all';

const day = 86_400;
/** Combien de temps une période reste lisible après son début, en secondes ; 0 : toujours. */
const lifetimes: Record<Period, number> = { day: 8 * day, week: 35 * day, all: 0 };

/** Le nom d'une période à un instant, en temps universel ; une semaine porte la date de son lundi. */
function nameOf(period: Period, atMs: number): string {
  if (period === 'all') return 'all';
  const date = new Date(atMs);
  if (period === 'week') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return `${period}:${date.toISOString().slice(0, 10)}`;
}
// #endregion periodes

/** Un script du dossier `lua-scripts`, appelé par empreinte ; le texte ne part que si Redis l'a oublié. */
function load(name: string) {
  const source = readFileSync(new URL(`../../lua-scripts/${name}.lua`, import.meta.url), 'utf8');
  const sha = createHash('sha1').update(source).digest('hex');
  return async (redis: Redis | Cluster, keys: string[], args: (string | number)[]): Promise<unknown> => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(source, keys.length, ...keys, ...args);
    }
  };
}

const scripts = { around: load('around'), award: load('award') };

/** Le classement d'un jeu. */
export class Leaderboard {
  readonly redis: Redis | Cluster;
  readonly #game: string;
  readonly #openedMs: number;

  /** `openedAt` ne change plus jamais : toutes les arrivées se comptent depuis elle. */
  constructor(redis: Redis | Cluster, game: string, openedAt: Date) {
    this.redis = redis;
    this.#game = game;
    this.#openedMs = openedAt.getTime();
  }

  /** La clé d'une période ; l'accolade garde les périodes d'un jeu sur le même nœud. */
  key(period: Period, atMs = Date.now()): string {
    return `lb:{${this.#game}}:${nameOf(period, atMs)}`;
  }

  // #region soumettre
  /** Retient le meilleur score dans les trois périodes, en un aller-retour ; dit lesquelles il améliore. Rejouable. */
  async submit(player: string, points: number, atMs = Date.now()): Promise<Period[]> {
    const score = scoreOf(points, this.#second(atMs));
    const periods: Period[] = ['day', 'week', 'all'];
    const block = this.redis.multi();
    for (const period of periods) block.call('ZADD', this.key(period, atMs), 'GT', 'CH', score, player);
    for (const period of periods)
      if (lifetimes[period] > 0) block.expire(this.key(period, atMs), lifetimes[period], 'NX');
    const replies = raise(await block.exec());
    return periods.filter((_, rank) => replies[rank] === 1);
  }
  // #endregion soumettre

  // #region cumuler
  /** Ajoute les points d'une partie au cumul ; la même partie, rejouée, ne compte qu'une fois. */
  async award(player: string, match: string, points: number, atMs = Date.now()): Promise<number> {
    scoreOf(points, this.#second(atMs));
    const keys = [`lb:{${this.#game}}:total`, `lb:{${this.#game}}:match:${match}`];
    const total = await scripts.award(this.redis, keys, [player, points, this.#second(atMs), day]);
    if (total === null) throw new RangeError(`le cumul de ${player} ne tient plus dans un score`);
    return Number(total);
  }
  // #endregion cumuler

  // #region lire
  async page(period: Period, from: number, count: number): Promise<Line[]> {
    const reply = await this.redis.zrange(
      this.key(period),
      String(from),
      String(from + count - 1),
      'REV',
      'WITHSCORES',
    );
    return lines(reply, from).map(decode);
  }

  async rankOf(period: Period, player: string): Promise<Line | null> {
    const found = await this.redis.call('ZREVRANK', this.key(period), player, 'WITHSCORE');
    if (!Array.isArray(found)) return null;
    return decode({ rank: Number(found[0]) + 1, player, points: Number(found[1]) });
  }

  /** Le joueur et ses voisins ; vide s'il n'a pas joué. */
  async around(period: Period, player: string, radius: number): Promise<Line[]> {
    const found = await scripts.around(this.redis, [this.key(period)], [player, radius]);
    if (!Array.isArray(found) || !Array.isArray(found[1])) return [];
    return lines(found[1].map(String), Number(found[0])).map(decode);
  }
  // #endregion lire

  // #region amis
  /** Le classement de quelques joueurs entre eux : une commande, dont le coût suit leur nombre. */
  async among(period: Period, players: string[]): Promise<Line[]> {
    if (players.length === 0) return [];
    const scores = await this.redis.zmscore(this.key(period), ...players);
    return players
      .map((player, n) => ({ player, score: scores[n] }))
      .filter(({ score }) => score !== null)
      .toSorted((a, b) => Number(b.score) - Number(a.score))
      .map(({ player, score }, n) => decode({ rank: n + 1, player, points: Number(score) }));
  }
  // #endregion amis

  async size(period: Period): Promise<number> {
    return this.redis.zcard(this.key(period));
  }

  /** Retire un joueur de toutes les périodes encore lisibles : un tricheur, ou un compte fermé. */
  async remove(player: string, atMs = Date.now()): Promise<void> {
    const keys = new Set([`lb:{${this.#game}}:total`]);
    for (let back = 0; back < 35; back++)
      for (const period of ['day', 'week', 'all'] as const)
        keys.add(this.key(period, atMs - back * day * 1000));
    const block = this.redis.multi();
    for (const key of keys) block.zrem(key, player);
    raise(await block.exec());
  }

  #second(atMs: number): number {
    return Math.floor((atMs - this.#openedMs) / 1000);
  }
}

const decode = (line: Line): Line => ({ ...line, points: pointsOf(line.points) });

/** Les réponses d'un MULTI, ou la première erreur qu'il contient : sans cela, elle passerait inaperçue. */
function raise(replies: [error: Error | null, reply: unknown][] | null): unknown[] {
  if (!replies) throw new Error('transaction abandonnée');
  for (const [error] of replies) if (error) throw error;
  return replies.map(([, reply]) => reply);
}
