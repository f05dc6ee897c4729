/**
 * Leaderboard, étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou change de maître.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { Leaderboard, scoreOf, type Line, type Period } from './advanced.ts';
import { Breaker } from './breaker.ts';
import { failureOf, LeaderboardUnavailable, pause } from './failure.ts';
import { makeMetrics, watchRedis } from './metrics.ts';

export { LeaderboardUnavailable };

// #region configuration
/** Toute la configuration, avec ses valeurs par défaut : rien d'autre ne se règle ailleurs. */
export const defaults = {
  url: 'redis://localhost:6379',
  game: 'ricochet',
  openedAt: new Date('2026-01-05T00:00:00Z'),
  connectTimeoutMs: 2000,
  commandTimeoutMs: 2000,
  /** Essais d'une opération rejouable, le premier compris. */
  attempts: 3,
  backoffMs: 50,
  backoffCapMs: 1000,
  /** Échecs de suite qui ouvrent le disjoncteur, et repos avant un essai. */
  breakerFailures: 5,
  breakerRestMs: 2000,
  /** Âge maximal d'une page du classement servie quand Redis se tait. */
  staleMs: 30_000,
  /** Scores gardés en attendant Redis, un par joueur et par jour. */
  pending: 50_000,
  /** Combien d'entre eux repartent ensemble, et le temps entre deux départs. */
  flushBatch: 200,
  flushMs: 500,
};
export type Settings = typeof defaults;
// #endregion configuration

/** Une page du classement, et si elle vient d'une copie locale qui peut avoir vieilli. */
export interface Page {
  lines: Line[];
  stale: boolean;
}

/** Le sort d'un score : classé, avec les périodes qu'il améliore, ou gardé jusqu'au retour de Redis. */
export interface Submitted {
  improved: Period[];
  pending: boolean;
}

interface Score {
  player: string;
  points: number;
  atMs: number;
}

/** Le classement d'un serveur de production. */
export class ReliableLeaderboard {
  readonly registry = new Registry();
  readonly redis: Redis;
  readonly #board: Leaderboard;
  readonly #breaker: Breaker;
  readonly #metrics: ReturnType<typeof makeMetrics>;
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #copies = new Map<string, { lines: Line[]; at: number }>();
  readonly #pending = new Map<string, Score>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #flushing: NodeJS.Timeout;
  #closing = false;

  constructor(settings: Partial<Settings> = {}, log: Logger = pino({ name: 'leaderboard' })) {
    this.#settings = { ...defaults, ...settings };
    this.#log = log;
    this.redis = new Redis(this.#settings.url, connection(this.#settings));
    this.redis.on('error', (error) => this.#log.warn({ event: 'connection', message: error.message }));
    this.#board = new Leaderboard(this.redis, this.#settings.game, this.#settings.openedAt);
    this.#breaker = new Breaker(this.#settings.breakerFailures, this.#settings.breakerRestMs);
    this.#metrics = makeMetrics(this.registry);
    watchRedis(this.redis, this.registry);
    this.#flushing = setInterval(() => void this.#flush(), this.#settings.flushMs).unref();
  }

  // #region operations
  /** Soumet un score ; si Redis se tait, il est gardé avec son heure d'arrivée et repartira de lui-même. */
  async submit(player: string, points: number, atMs = Date.now()): Promise<Submitted> {
    scoreOf(points, 0); // hors limites : refusé avant d'être gardé
    try {
      const improved = await this.#run('submit', player, true, () =>
        this.#board.submit(player, points, atMs),
      );
      return { improved, pending: false };
    } catch (error) {
      if (!(error instanceof LeaderboardUnavailable) || !this.#keep({ player, points, atMs })) throw error;
      return { improved: [], pending: true };
    }
  }

  /** Ajoute les points d'une partie. Rejouable : c'est la marque de la partie qui le permet. */
  award(player: string, match: string, points: number): Promise<number> {
    return this.#run('award', player, true, () => this.#board.award(player, match, points));
  }

  /** Une page ; si Redis se tait, la dernière lue de moins de trente secondes, marquée comme telle. */
  async page(period: Period, from: number, count: number): Promise<Page> {
    const name = `${period}:${from}:${count}`;
    try {
      const lines = await this.#run('page', name, true, () => this.#board.page(period, from, count));
      this.#remember(name, lines);
      return { lines, stale: false };
    } catch (error) {
      const copy = this.#copies.get(name);
      if (!(error instanceof LeaderboardUnavailable) || !copy) throw error;
      if (Date.now() - copy.at > this.#settings.staleMs) throw error;
      this.#metrics.stale.inc();
      return { lines: copy.lines, stale: true };
    }
  }

  /** Sans repli : un rang inventé serait pire que pas de rang. */
  rankOf(period: Period, player: string): Promise<Line | null> {
    return this.#run('rank', player, true, () => this.#board.rankOf(period, player));
  }

  around(period: Period, player: string, radius: number): Promise<Line[]> {
    return this.#run('around', player, true, () => this.#board.around(period, player, radius));
  }

  among(period: Period, players: string[]): Promise<Line[]> {
    return this.#run('among', String(players.length), true, () => this.#board.among(period, players));
  }

  remove(player: string): Promise<void> {
    for (const [name, score] of this.#pending) if (score.player === player) this.#pending.delete(name);
    return this.#run('remove', player, true, () => this.#board.remove(player));
  }
  // #endregion operations

  /** Les métriques au format de Prometheus. */
  async metrics(): Promise<string> {
    this.#metrics.breaker.set({ closed: 0, 'half-open': 1, open: 2 }[this.#breaker.state]);
    this.#metrics.pending.set(this.#pending.size);
    const sizing = (['day', 'all'] as const).map(async (period) => {
      const size = await this.#board.size(period).catch(() => null);
      if (size === null) this.#metrics.players.remove({ period });
      else this.#metrics.players.set({ period }, size);
    });
    await Promise.all(sizing);
    return this.registry.metrics();
  }

  // #region arret
  /** Arrêt propre : plus rien n'entre, ce qui est parti s'achève, la réserve se vide, la connexion se ferme. */
  async shutdown(graceMs = 5000): Promise<void> {
    this.#closing = true;
    clearInterval(this.#flushing);
    const deadline = sleep(graceMs, 'late', { ref: false });
    await Promise.race([Promise.allSettled(this.#running), deadline]);
    while (this.#pending.size > 0 && (await Promise.race([this.#flush(), deadline])) === true);
    this.#metrics.dropped.inc(this.#pending.size);
    if (this.redis.status === 'ready') await this.redis.quit().catch(() => this.redis.disconnect());
    else this.redis.disconnect();
    this.#log.info({ event: 'shutdown', dropped: this.#pending.size });
  }
  // #endregion arret

  // #region reserve
  /** Garde le meilleur score d'un joueur pour une journée ; `false` si la réserve est pleine, ou se vide pour de bon. */
  #keep(score: Score): boolean {
    if (this.#closing) return false;
    const name = `${score.player} ${new Date(score.atMs).toISOString().slice(0, 10)}`;
    const known = this.#pending.get(name);
    if (!known && this.#pending.size >= this.#settings.pending) {
      this.#metrics.dropped.inc();
      return false;
    }
    if (!known || score.points > known.points) this.#pending.set(name, score);
    return true;
  }

  /** Renvoie une part de la réserve ; `true` si elle est partie. Rejouer est sans effet : GT ne retient que le meilleur. */
  async #flush(): Promise<boolean> {
    if (this.#pending.size === 0 || this.redis.status !== 'ready' || !this.#breaker.admit()) return false;
    const batch = [...this.#pending].slice(0, this.#settings.flushBatch);
    try {
      await Promise.all(
        batch.map(([, { player, points, atMs }]) => this.#board.submit(player, points, atMs)),
      );
      this.#breaker.succeed();
    } catch {
      this.#breaker.fail();
      return false;
    }
    for (const [name, score] of batch) if (this.#pending.get(name) === score) this.#pending.delete(name);
    this.#log.info({ event: 'flush', scores: batch.length, left: this.#pending.size });
    return true;
  }
  // #endregion reserve

  // #region appel
  /** Un appel : disjoncteur, essais espacés si l'opération s'y prête, mesure et trace. */
  async #run<T>(
    operation: string,
    subject: string,
    repeatable: boolean,
    action: () => Promise<T>,
  ): Promise<T> {
    if (this.#closing) throw new LeaderboardUnavailable('connection');
    const running = this.#attempt(repeatable, action);
    this.#running.add(running);
    const start = performance.now();
    let outcome = 'ok';
    try {
      return await running;
    } catch (error) {
      outcome = error instanceof LeaderboardUnavailable ? error.failure : 'defect';
      throw error;
    } finally {
      this.#running.delete(running);
      const latencyMs = performance.now() - start;
      this.#metrics.operations.inc({ operation, outcome });
      this.#metrics.seconds.observe({ operation }, latencyMs / 1000);
      const level = outcome === 'ok' ? 'debug' : 'warn';
      this.#log[level]({
        event: operation,
        outcome,
        key: subject,
        latency_ms: Math.round(latencyMs * 100) / 100,
      });
    }
  }

  async #attempt<T>(repeatable: boolean, action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (!this.#breaker.admit()) throw new LeaderboardUnavailable('breaker');
      try {
        const reply = await action();
        this.#breaker.succeed();
        return reply;
      } catch (error) {
        const failure = failureOf(error);
        // Redis a répondu, fût-ce non : ce n'est pas une panne que le repos guérira.
        if (failure === 'defect' || failure === 'full') this.#breaker.succeed();
        else this.#breaker.fail();
        if (failure === 'defect') throw error;
        const refused = failure === 'readonly' || failure === 'busy';
        if (failure === 'full' || attempt >= this.#settings.attempts || !(repeatable || refused)) {
          throw new LeaderboardUnavailable(failure, error);
        }
        this.#metrics.retries.inc({ failure });
        await sleep(pause(attempt, this.#settings));
      }
    }
  }
  // #endregion appel

  #remember(name: string, lines: Line[]): void {
    this.#copies.delete(name);
    this.#copies.set(name, { lines, at: Date.now() });
    const oldest = this.#copies.keys().next().value;
    if (this.#copies.size > 1000 && oldest !== undefined) this.#copies.delete(oldest);
  }
}

// #region connexion
function connection({ connectTimeoutMs, commandTimeoutMs, backoffMs, backoffCapMs }: Settings): RedisOptions {
  return {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    // Les essais sont les nôtres : ioredis n'en ajoute pas, et ne garde pas de commandes pour plus tard.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (times) =>
      pause(Math.min(times, 16), { backoffMs: backoffMs * 2, backoffCapMs: backoffCapMs * 5 }),
    // Un maître rétrogradé répond READONLY : se reconnecter mène au nouveau.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}
// #endregion connexion
