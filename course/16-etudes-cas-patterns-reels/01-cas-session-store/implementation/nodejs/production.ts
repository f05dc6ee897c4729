/**
 * Session store, étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou change de maître.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { newToken, parseToken, SessionStore, type Device, type Lifetimes, type Session } from './advanced.ts';
import { Breaker } from './breaker.ts';
import { failureOf, pause, SessionsUnavailable } from './failure.ts';
import { makeMetrics, watchRedis } from './metrics.ts';

export { SessionsUnavailable };

// #region configuration
/** Toute la configuration, avec ses valeurs par défaut : rien d'autre ne se règle ailleurs. */
export const defaults = {
  url: 'redis://localhost:6379',
  connectTimeoutMs: 2000,
  commandTimeoutMs: 2000,
  /** Essais d'une opération rejouable, le premier compris. */
  attempts: 3,
  backoffMs: 50,
  backoffCapMs: 1000,
  /** Échecs de suite qui ouvrent le disjoncteur, et repos avant un essai. */
  breakerFailures: 5,
  breakerRestMs: 2000,
  /** Copies locales servies quand Redis se tait : combien, et jusqu'à quel âge. */
  staleEntries: 10_000,
  staleMs: 30_000,
};
export type Settings = typeof defaults;
// #endregion configuration

/** Une session, et si elle vient d'une copie locale qui peut avoir vieilli. */
export interface Visit {
  session: Session;
  stale: boolean;
}

/** Les sessions d'un serveur de production. */
export class ReliableSessions {
  readonly registry = new Registry();
  readonly redis: Redis;
  readonly #store: SessionStore;
  readonly #breaker: Breaker;
  readonly #metrics: ReturnType<typeof makeMetrics>;
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #copies = new Map<string, { session: Session; at: number }>();
  readonly #running = new Set<Promise<unknown>>();
  #closing = false;

  constructor(
    settings: Partial<Settings> = {},
    lifetimes: Partial<Lifetimes> = {},
    log: Logger = pino({ name: 'sessions' }),
  ) {
    this.#settings = { ...defaults, ...settings };
    this.#log = log;
    this.redis = new Redis(this.#settings.url, connection(this.#settings));
    this.redis.on('error', (error) => this.#log.warn({ event: 'connection', message: error.message }));
    this.#store = new SessionStore(this.redis, lifetimes);
    this.#breaker = new Breaker(this.#settings.breakerFailures, this.#settings.breakerRestMs);
    this.#metrics = makeMetrics(this.registry);
    watchRedis(this.redis, this.registry);
  }

  // #region operations
  /** Lit une session ; si Redis se tait, la copie locale de moins de trente secondes, marquée comme telle. */
  async touch(token: string): Promise<Visit | null> {
    try {
      const session = await this.#run('touch', token, true, () => this.#store.touch(token));
      this.#remember(token, session);
      return session && { session, stale: false };
    } catch (error) {
      const copy = this.#copies.get(token);
      if (!(error instanceof SessionsUnavailable) || !copy || Date.now() - copy.at > this.#settings.staleMs)
        throw error;
      this.#metrics.stale.inc();
      return { session: copy.session, stale: true };
    }
  }

  /** Ouvre une session. Le jeton est tiré avant l'appel : le rejouer n'en ouvre pas une seconde. */
  open(owner: string, session: Session): Promise<string> {
    const token = newToken(owner);
    return this.#run('open', token, true, () => this.#store.open(owner, session, token));
  }

  setPreference(token: string, preference: string, value: string): Promise<boolean> {
    return this.#run('set-preference', token, true, () =>
      this.#store.setPreference(token, preference, value),
    );
  }

  /** N'est pas rejoué après un délai dépassé : l'ajout a peut-être eu lieu. */
  addToCart(token: string, book: string, quantity: number): Promise<number | null> {
    return this.#run('add-to-cart', token, false, () => this.#store.addToCart(token, book, quantity));
  }

  login(anonymous: string, owner: string): Promise<string | null> {
    return this.#run('login', anonymous, false, () => this.#store.login(anonymous, owner));
  }

  /** N'est pas rejoué : si le premier essai a réussi, le second ne trouverait plus l'ancien nom. */
  rotate(token: string): Promise<string | null> {
    return this.#run('rotate', token, false, () => this.#store.rotate(token));
  }

  async close(token: string): Promise<void> {
    this.#copies.delete(token);
    await this.#run('close', token, true, () => this.#store.close(token));
  }

  async closeAll(owner: string, kept?: string): Promise<number> {
    for (const token of this.#copies.keys())
      if (token !== kept && token.startsWith(`${owner}.`)) this.#copies.delete(token);
    const revoked = await this.#run('close-all', owner, true, () => this.#store.closeAll(owner, kept));
    this.#metrics.revoked.inc(revoked);
    return revoked;
  }

  list(owner: string): Promise<Device[]> {
    return this.#run('list', owner, true, () => this.#store.list(owner));
  }
  // #endregion operations

  /** Les métriques au format de Prometheus. */
  async metrics(): Promise<string> {
    this.#metrics.breaker.set({ closed: 0, 'half-open': 1, open: 2 }[this.#breaker.state]);
    return this.registry.metrics();
  }

  // #region arret
  /** Arrêt propre : plus rien n'entre, ce qui est parti s'achève, la connexion se ferme poliment. */
  async shutdown(graceMs = 5000): Promise<void> {
    this.#closing = true;
    await Promise.race([Promise.allSettled(this.#running), sleep(graceMs, undefined, { ref: false })]);
    if (this.redis.status === 'ready') await this.redis.quit().catch(() => this.redis.disconnect());
    else this.redis.disconnect();
    this.#log.info({ event: 'shutdown' });
  }
  // #endregion arret

  // #region appel
  /** Un appel : disjoncteur, essais espacés si l'opération s'y prête, mesure et trace. */
  async #run<T>(
    operation: string,
    subject: string,
    repeatable: boolean,
    action: () => Promise<T>,
  ): Promise<T> {
    if (this.#closing) throw new SessionsUnavailable('connection');
    const running = this.#attempt(repeatable, action);
    this.#running.add(running);
    const start = performance.now();
    let outcome = 'ok';
    try {
      return await running;
    } catch (error) {
      outcome = error instanceof SessionsUnavailable ? error.failure : 'defect';
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
        key: traceable(subject),
        latency_ms: Math.round(latencyMs * 100) / 100,
      });
    }
  }

  async #attempt<T>(repeatable: boolean, action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (!this.#breaker.admit()) throw new SessionsUnavailable('breaker');
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
          throw new SessionsUnavailable(failure, error);
        }
        this.#metrics.retries.inc({ failure });
        await sleep(pause(attempt, this.#settings));
      }
    }
  }
  // #endregion appel

  #remember(token: string, session: Session | null): void {
    this.#copies.delete(token);
    if (!session) return;
    this.#copies.set(token, { session, at: Date.now() });
    const oldest = this.#copies.keys().next().value;
    if (this.#copies.size > this.#settings.staleEntries && oldest !== undefined) this.#copies.delete(oldest);
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

/** Ce qu'une trace peut dire d'un jeton sans permettre de s'en servir. */
function traceable(subject: string): string {
  const name = parseToken(subject);
  return name ? `session:{${name.owner}}:${name.id.slice(0, 6)}…` : `sessions:{${subject}}`;
}
