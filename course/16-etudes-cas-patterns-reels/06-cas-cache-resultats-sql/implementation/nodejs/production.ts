/**
 * Cache de résultats SQL, étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou refuse d'écrire.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { QueryCache, type Ages, type Recipe } from './advanced.ts';
import { Breaker } from './breaker.ts';
import { Bulkhead, SourceOverloaded } from './bulkhead.ts';
import { CacheUnavailable, failureOf, pause } from './failure.ts';
import { makeMetrics, watchRedis } from './metrics.ts';

export { CacheUnavailable, SourceOverloaded };

// #region configuration
/** Toute la configuration, avec ses valeurs par défaut : rien d'autre ne se règle ailleurs. */
export const defaults = {
  url: 'redis://localhost:6379',
  connectTimeoutMs: 2000,
  /** Un cache qui répond plus lentement que sa source n'est plus un cache : on ne l'attend pas deux secondes. */
  commandTimeoutMs: 100,
  /** Essais d'une lecture, puis d'une invalidation, le premier compris. */
  readAttempts: 2,
  invalidateAttempts: 5,
  backoffMs: 20,
  backoffCapMs: 500,
  /** Échecs de suite qui ouvrent le disjoncteur, et repos avant un essai. */
  breakerFailures: 5,
  breakerRestMs: 1000,
  /** Requêtes que la base accepte à la fois de ce serveur, et celles qui peuvent attendre. */
  sqlWidth: 4,
  sqlQueue: 50,
  /** Copies locales servies quand Redis se tait : combien, et jusqu'à quel âge. */
  copies: 2000,
  copyMs: 300_000,
  /** Toutes les combien on réessaie les invalidations que Redis a manquées. */
  owedEveryMs: 1000,
};
export type Settings = typeof defaults;
// #endregion configuration

/** Un résultat ; `copy` vient de la mémoire de ce serveur, `bypass` de la base, Redis absent. */
export interface Served<Value> {
  value: Value;
  from: 'fresh' | 'stale' | 'computed' | 'copy' | 'bypass';
}

/** Le cache d'un serveur de production. */
export class ReliableCache extends QueryCache {
  readonly registry = new Registry();
  readonly #breaker: Breaker;
  readonly #bulkhead: Bulkhead;
  readonly #metrics: ReturnType<typeof makeMetrics>;
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #copies = new Map<string, { value: unknown; tags: string[]; at: number }>();
  readonly #bypassing = new Map<string, Promise<unknown>>();
  readonly #owed = new Set<string>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #collector: ReturnType<typeof setInterval>;
  #closing = false;

  constructor(
    settings: Partial<Settings> = {},
    ages: Partial<Ages> = {},
    log: Logger = pino({ name: 'cache' }),
  ) {
    const all = { ...defaults, ...settings };
    super(new Redis(all.url, connection(all)), ages);
    this.#settings = all;
    this.#log = log;
    this.redis.on('error', (error) => this.#log.warn({ event: 'connection', message: error.message }));
    this.#breaker = new Breaker(all.breakerFailures, all.breakerRestMs);
    this.#bulkhead = new Bulkhead(all.sqlWidth, all.sqlQueue);
    this.#metrics = makeMetrics(this.registry);
    watchRedis(this.redis, this.registry);
    this.#collector = setInterval(() => void this.#payOwed(), all.owedEveryMs).unref();
  }

  // #region lire
  /** Le cache ; à défaut de cache, une copie locale ; à défaut de copie, la base, sans la noyer. */
  async serve<Value>(recipe: Recipe<Value>): Promise<Served<Value>> {
    if (this.#closing) throw new CacheUnavailable('connection');
    const serving = this.#serve({ ...recipe, load: () => this.#sql(recipe.load) });
    this.#running.add(serving);
    const start = performance.now();
    let from: Served<Value>['from'] | 'refused' = 'refused';
    try {
      const served = await serving;
      from = served.from;
      return served;
    } finally {
      this.#running.delete(serving);
      const latencyMs = performance.now() - start;
      this.#metrics.requests.inc({ from });
      this.#metrics.seconds.observe(latencyMs / 1000);
      const level = from === 'fresh' ? 'debug' : from === 'refused' ? 'warn' : 'info';
      this.#log[level]({
        event: 'serve',
        from,
        key: recipe.key,
        ttl_ms: this.ages.keptMs,
        latency_ms: +latencyMs.toFixed(2),
      });
    }
  }

  async #serve<Value>(recipe: Recipe<Value>): Promise<Served<Value>> {
    // Une étiquette due : Redis tient encore pour vrai ce que nous savons faux.
    if (recipe.tags.some((tag) => this.#owed.has(tag))) return this.#bypass(recipe);
    try {
      const found = await this.get(recipe);
      this.#remember(recipe, found.value);
      return found;
    } catch (error) {
      if (!(error instanceof CacheUnavailable)) throw error;
      const copy = this.#copies.get(recipe.key);
      if (copy && Date.now() - copy.at < this.#settings.copyMs)
        return { value: copy.value as Value, from: 'copy' };
      return this.#bypass(recipe);
    }
  }

  /** Droit à la base ; les demandes identiques de ce serveur n'en font qu'une. */
  async #bypass<Value>(recipe: Recipe<Value>): Promise<Served<Value>> {
    let loading = this.#bypassing.get(recipe.key) as Promise<Value> | undefined;
    if (!loading) {
      loading = recipe.load();
      this.#bypassing.set(recipe.key, loading);
      const forget = () => {
        if (this.#bypassing.get(recipe.key) === loading) this.#bypassing.delete(recipe.key);
      };
      loading.then(forget, forget);
    }
    const value = await loading;
    this.#remember(recipe, value);
    return { value, from: 'bypass' };
  }

  async #sql<Value>(load: () => Promise<Value>): Promise<Value> {
    const stop = this.#metrics.sql.startTimer();
    try {
      return await this.#bulkhead.run(load);
    } finally {
      stop();
    }
  }
  // #endregion lire

  // #region invalider
  /** Insiste ; si Redis ne veut rien entendre, note la dette, la paie dès que possible, et le dit à l'appelant. */
  override async invalidate(...tags: string[]): Promise<void> {
    for (const [key, copy] of this.#copies)
      if (copy.tags.some((tag) => tags.includes(tag))) this.#copies.delete(key);
    this.#bypassing.clear(); // qui arrive maintenant ne se contente pas d'une réponse commencée avant
    try {
      await super.invalidate(...tags);
      for (const tag of tags) this.#owed.delete(tag);
      this.#metrics.invalidations.inc({ outcome: 'ok' });
    } catch (error) {
      for (const tag of tags) this.#owed.add(tag);
      this.#metrics.invalidations.inc({ outcome: 'owed' });
      this.#log.error({ event: 'invalidate', outcome: 'owed', tags });
      throw error;
    }
  }

  async #payOwed(): Promise<void> {
    const owed = [...this.#owed];
    if (owed.length > 0 && this.#breaker.state !== 'open') await this.invalidate(...owed).catch(() => null);
  }
  // #endregion invalider

  /** Les métriques au format de Prometheus. */
  async metrics(): Promise<string> {
    this.#metrics.breaker.set({ closed: 0, 'half-open': 1, open: 2 }[this.#breaker.state]);
    this.#metrics.owed.set(this.#owed.size);
    this.#metrics.sqlRunning.set(this.#bulkhead.running);
    return this.registry.metrics();
  }

  /** Attend la première connexion, sans exiger qu'elle réussisse : un cache absent n'empêche pas de démarrer. */
  async ready(): Promise<void> {
    const opened = new Promise<void>((resolve) => {
      if (this.redis.status === 'ready') resolve();
      else this.redis.once('ready', () => resolve());
    });
    await Promise.race([opened, sleep(this.#settings.connectTimeoutMs, undefined, { ref: false })]);
  }

  // #region arret
  /** Arrêt propre : plus rien n'entre, ce qui est parti s'achève, les dettes sont payées ou dites. */
  async shutdown(graceMs = 5000): Promise<void> {
    this.#closing = true;
    clearInterval(this.#collector);
    const done = Promise.allSettled(this.#running).then(() => this.settle());
    await Promise.race([done, sleep(graceMs, undefined, { ref: false })]);
    await this.#payOwed();
    if (this.#owed.size > 0) this.#log.error({ event: 'shutdown', owed: [...this.#owed] });
    if (this.redis.status === 'ready') await this.redis.quit().catch(() => this.redis.disconnect());
    else this.redis.disconnect();
    this.#log.info({ event: 'shutdown' });
  }
  // #endregion arret

  // #region appel
  /** Un appel à Redis : disjoncteur, essais espacés, cause nommée. */
  protected override async call<Reply>(
    operation: string,
    repeatable: boolean,
    action: () => Promise<Reply>,
  ): Promise<Reply> {
    const { readAttempts, invalidateAttempts } = this.#settings;
    const attempts = repeatable ? (operation === 'invalidate' ? invalidateAttempts : readAttempts) : 1;
    for (let attempt = 1; ; attempt++) {
      if (!this.#breaker.admit()) throw new CacheUnavailable('breaker');
      try {
        const reply = await action();
        this.#breaker.succeed();
        return reply;
      } catch (error) {
        const failure = failureOf(error);
        // Redis a répondu, fût-ce non : les lectures passent encore, le disjoncteur les couperait aussi.
        const answered = failure === 'defect' || failure === 'full' || failure === 'readonly';
        if (answered) this.#breaker.succeed();
        else this.#breaker.fail();
        if (failure === 'defect') throw error;
        if (failure === 'full' || attempt >= attempts) throw new CacheUnavailable(failure, error);
        this.#metrics.retries.inc({ failure });
        await sleep(pause(attempt, this.#settings));
      }
    }
  }
  // #endregion appel

  protected override unsaved(error: unknown): void {
    this.#metrics.unsaved.inc();
    this.#log.warn({ event: 'unsaved', message: error instanceof Error ? error.message : String(error) });
  }

  #remember<Value>({ key, tags }: Recipe<Value>, value: Value): void {
    this.#copies.delete(key);
    this.#copies.set(key, { value, tags, at: Date.now() });
    const oldest = this.#copies.keys().next().value;
    if (this.#copies.size > this.#settings.copies && oldest !== undefined) this.#copies.delete(oldest);
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
