/**
 * Erreurs et retry, étape 3 : la garde. Tout appel à Redis passe par elle, et aucun ne dure plus que son budget.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { debitOnce, type Debit } from './advanced.ts';
import { connect, type Menu } from './basic.ts';
import { Breaker } from './breaker.ts';
import { RetryBudget } from './budget.ts';
import { CallFailed, failureOf, failures } from './failure.ts';
import { makeMetrics, watchRedis } from './metrics.ts';
import { retry } from './retry.ts';

export { CallFailed };

// #region configuration
/** Toute la configuration, avec ses valeurs par défaut : rien d'autre ne se règle ailleurs. */
export const defaults = {
  url: 'redis://localhost:6379',
  connectTimeoutMs: 2000,
  /** Choisi d'après la distribution mesurée, puis revu ; deux secondes est un maximum, pas un réglage. */
  commandTimeoutMs: 250,
  attempts: 3,
  budgetMs: 1000,
  backoffMs: 50,
  backoffCapMs: 500,
  /** Rejeux permis par appel, et réserve que l'on peut dépenser d'un coup. */
  retryShare: 0.2,
  retryReserve: 20,
  breakerFailures: 5,
  breakerRestMs: 1000,
  /** Âge d'un menu gardé au-delà duquel mieux vaut ne rien montrer. */
  staleMs: 3_600_000,
};
export type Settings = typeof defaults;
// #endregion configuration

/** Un appel : son nom pour les mesures, son sujet pour les traces, et s'il peut être rejoué. */
export interface Call {
  operation: string;
  key: string;
  repeatable: boolean;
}

// #region garde
/** Disjoncteur, rejeux dans un budget, mesures et traces, autour de n'importe quel appel. */
export class Guard {
  readonly registry = new Registry();
  readonly metrics = makeMetrics(this.registry);
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #breaker: Breaker;
  readonly #budget: RetryBudget;
  readonly #running = new Set<Promise<unknown>>();
  #closing = false;

  constructor(settings: Settings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.#breaker = new Breaker(settings.breakerFailures, settings.breakerRestMs);
    this.#budget = new RetryBudget(settings.retryShare, settings.retryReserve);
  }

  async run<T>(call: Call, action: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new CallFailed('closing');
    const start = performance.now();
    this.#budget.earn();
    const running = retry(() => this.#attempt(action), this.#settings, {
      repeatable: call.repeatable,
      onRetry: (failure) => {
        const allowed = this.#budget.spend();
        if (allowed) this.metrics.retries.inc({ failure });
        else this.metrics.refused.inc();
        return allowed;
      },
    });
    this.#running.add(running);
    let outcome = 'ok';
    try {
      return await running;
    } catch (error) {
      outcome = error instanceof CallFailed ? error.failure : 'defect';
      throw error;
    } finally {
      this.#running.delete(running);
      const latencyMs = performance.now() - start;
      this.metrics.calls.inc({ operation: call.operation, outcome });
      this.metrics.seconds.observe({ operation: call.operation }, latencyMs / 1000);
      this.#log[outcome === 'ok' ? 'debug' : 'warn']({
        event: call.operation,
        outcome,
        key: call.key,
        latency_ms: Math.round(latencyMs * 100) / 100,
      });
    }
  }

  /** Un essai, s'il est admis. Le refus du disjoncteur traverse `retry` tel quel : il ne se rejoue pas. */
  async #attempt<T>(action: () => Promise<T>): Promise<T> {
    if (!this.#breaker.admit()) throw new CallFailed('breaker');
    this.metrics.attempts.inc();
    try {
      const reply = await action();
      this.#breaker.succeed();
      return reply;
    } catch (error) {
      const failure = failureOf(error);
      // Un refus (OOM, READONLY, NOAUTH) est une réponse : Redis est là, et d'autres appels lui parlent encore.
      if (failures[failure].passing && failure !== 'readonly') this.#breaker.fail();
      else this.#breaker.succeed();
      throw error;
    }
  }

  /** Les métriques au format de Prometheus. */
  async expose(): Promise<string> {
    this.metrics.breaker.set({ closed: 0, 'half-open': 1, open: 2 }[this.#breaker.state]);
    return this.registry.metrics();
  }

  /** Plus rien n'entre ; ce qui est parti a `graceMs` pour finir. */
  async drain(graceMs: number): Promise<void> {
    this.#closing = true;
    await Promise.race([Promise.allSettled(this.#running), sleep(graceMs, undefined, { ref: false })]);
    this.#log.info({ event: 'shutdown' });
  }
}
// #endregion garde

/** Un menu, et s'il vient d'une copie qui a pu vieillir. */
export interface Shown {
  menu: Menu | null;
  stale: boolean;
}

// #region cantine
/** La cantine de production : le menu se replie sur sa dernière copie, le débit échoue franchement. */
export class ReliableCanteen {
  readonly redis: Redis;
  readonly guard: Guard;
  readonly #settings: Settings;
  readonly #copies = new Map<string, { menu: Menu | null; at: number }>();

  constructor(settings: Partial<Settings> = {}, log: Logger = pino({ name: 'cantine' })) {
    this.#settings = { ...defaults, ...settings };
    this.guard = new Guard(this.#settings, log);
    this.redis = connect(this.#settings.url, this.#settings, (error) =>
      log.warn({ event: 'connection', message: error.message }),
    );
    watchRedis(this.redis, this.guard.registry);
  }

  async menu(day: string): Promise<Shown> {
    const call = { operation: 'menu', key: `menu:${day}`, repeatable: true };
    try {
      const found = await this.guard.run(call, () => this.redis.hgetall(call.key));
      const menu = Object.keys(found).length > 0 ? found : null;
      this.#copies.set(day, { menu, at: Date.now() });
      return { menu, stale: false };
    } catch (error) {
      const copy = this.#copies.get(day);
      if (!(error instanceof CallFailed) || !copy || Date.now() - copy.at > this.#settings.staleMs)
        throw error;
      this.guard.metrics.fallbacks.inc({ operation: 'menu' });
      return { menu: copy.menu, stale: true };
    }
  }

  /** En cas d'échec, la caisse garde le passage et le redonne : il n'a pas d'autre sens que celui-ci. */
  async debit(card: string, cents: number, passage: string = randomUUID()): Promise<Debit> {
    const call = { operation: 'debit', key: `carte:{${card}}`, repeatable: true };
    const debit = await this.guard.run(call, () => debitOnce(this.redis, card, cents, passage));
    if (debit.outcome === 'again') this.guard.metrics.replays.inc();
    return debit;
  }

  tip(cents: number): Promise<number> {
    const call = { operation: 'tip', key: 'pourboires', repeatable: false };
    return this.guard.run(call, () => this.redis.incrby(call.key, cents));
  }

  // #region arret
  async shutdown(graceMs = 5000): Promise<void> {
    await this.guard.drain(graceMs);
    if (this.redis.status === 'ready') await this.redis.quit().catch(() => this.redis.disconnect());
    else this.redis.disconnect();
  }
  // #endregion arret
}
// #endregion cantine
