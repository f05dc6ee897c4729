/**
 * Rate limiting, étape 3 : prêt pour la production.
 * Une décision est rendue dans le budget de temps, que Redis réponde ou non ; quand il ne répond pas,
 * elle a été prise d'avance, route par route. Au plus une exécution du script par requête.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { burstOf, createLimiter, periodOf, type Decision, type Policy } from './advanced.ts';

// #region configuration
/** Tout ce qui se règle, en un seul endroit. Durées en millisecondes. */
export const defaults = {
  redisUrl: 'redis://localhost:6379',
  connectTimeoutMs: 2000,
  /** Bien au-delà du p99, bien en deçà de ce qu'un utilisateur remarque. */
  commandTimeoutMs: 50,
  /** Temps total accordé à une décision, nouvelles tentatives comprises. */
  budgetMs: 100,
  retries: 2,
  breakerFailures: 5,
  breakerOpenMs: 1000,
  /** Nombre de passerelles : chacune garde sa part de la limite pour le repli local. */
  gateways: 4,
};
export type Configuration = typeof defaults;

/** Une connexion qui répond ou échoue tout de suite : ni file d'attente, ni renvoi automatique. */
export function connect(configuration: Configuration): Redis {
  return new Redis(configuration.redisUrl, {
    connectTimeout: configuration.connectTimeoutMs,
    commandTimeout: configuration.commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => 20 + backoffMs(attempt, 50, 2000),
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
}
// #endregion configuration

// #region recul
/** Recul exponentiel entièrement aléatoire : entre 0 et `base × 2^attempt`, jamais plus que `cap`. */
export function backoffMs(attempt: number, base: number, cap: number, random = Math.random): number {
  return random() * Math.min(cap, base * 2 ** attempt);
}
// #endregion recul

// #region pannes
export type Failure =
  | 'not-sent'
  | 'unavailable'
  | 'timeout'
  | 'connection'
  | 'denied'
  | 'unexpected'
  | 'breaker-open'
  | 'closing';

/** Range une erreur d'ioredis selon ce que l'on peut en faire. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes("isn't writeable")) return 'not-sent';
  if (/^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|OOM)\b/.test(message)) return 'unavailable';
  if (message === 'Command timed out') return 'timeout';
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b/.test(message)) return 'denied';
  if (/Connection is closed|max retries|ECONN|EPIPE|ETIMEDOUT/.test(message)) return 'connection';
  return 'unexpected';
}

/** Seul se rejoue ce qui n'a certainement pas été exécuté : le reste pourrait compter la requête deux fois. */
const retryable = new Set<Failure>(['not-sent', 'unavailable']);
// #endregion pannes

// #region disjoncteur
/** S'ouvre après des échecs consécutifs ; ouvert, laisse passer un essai par période. */
export class CircuitBreaker {
  #failures = 0;
  #openUntil = 0;
  readonly #threshold: number;
  readonly #openMs: number;
  constructor(threshold: number, openMs: number) {
    this.#threshold = threshold;
    this.#openMs = openMs;
  }
  get open(): boolean {
    return this.#openUntil > 0;
  }
  allows(now = Date.now()): boolean {
    if (now < this.#openUntil) return false;
    if (this.open) this.#openUntil = now + this.#openMs;
    return true;
  }
  succeeded(): void {
    this.#failures = this.#openUntil = 0;
  }
  failed(now = Date.now()): void {
    if (++this.#failures >= this.#threshold) this.#openUntil = now + this.#openMs * (0.5 + Math.random());
  }
}
// #endregion disjoncteur

// #region repli
/** Compteur de secours d'une passerelle : approximatif, borné en mémoire, infiniment mieux que rien. */
export class LocalWindow {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #states = new Map<string, { count: number; until: number }>();
  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }
  check(client: string, now = Date.now()): Decision {
    let state = this.#states.get(client);
    if (!state || state.until <= now) {
      this.#states.delete(client);
      if (this.#states.size >= 10_000) this.#states.delete(this.#states.keys().next().value!);
      this.#states.set(client, (state = { count: 0, until: now + this.#windowMs }));
    }
    state.count++;
    const admitted = state.count <= this.#limit;
    return {
      admitted,
      remaining: Math.max(0, this.#limit - state.count),
      waitMs: admitted ? 0 : state.until - now,
    };
  }
}
// #endregion repli

// #region mesures
/** Les mesures d'une passerelle. Jamais d'étiquette par client : leur nombre n'est pas borné. */
export function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    checks: new Counter({
      name: 'rate_limit_checks_total',
      help: 'Décisions rendues, par route, issue et source.',
      labelNames: ['route', 'result', 'source'],
      registers,
    }),
    duration: new Histogram({
      name: 'rate_limit_check_duration_seconds',
      help: 'Temps de décision vu de la passerelle.',
      labelNames: ['route'],
      buckets: [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25],
      registers,
    }),
    failures: new Counter({
      name: 'rate_limit_failures_total',
      help: 'Appels à Redis qui ont échoué, par nature.',
      labelNames: ['kind'],
      registers,
    }),
    retries: new Counter({ name: 'rate_limit_retries_total', help: 'Nouvelles tentatives.', registers }),
    breakerOpen: new Gauge({
      name: 'rate_limit_breaker_open',
      help: '1 si le disjoncteur est ouvert, 0 sinon.',
      labelNames: ['route'],
      registers,
    }),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
// #endregion mesures

// #region garde
export interface Route {
  name: string;
  policy: Policy;
  /** Sans Redis : laisser passer sous plafond local, ou refuser. */
  onFailure: 'open' | 'closed';
}

/** D'où vient une décision : de Redis, du compteur local, ou du refus décidé d'avance. */
export type Answer = Decision & { source: 'redis' | 'local' | 'closed' };

/** Le limiteur d'une route : ne lève jamais pour une panne de Redis, ne dépasse pas le budget. */
export function createGuard(
  route: Route,
  redis: Redis,
  configuration: Configuration,
  metrics: Metrics,
  log: Logger,
) {
  const limiter = createLimiter(redis, route.name, route.policy);
  const breaker = new CircuitBreaker(configuration.breakerFailures, configuration.breakerOpenMs);
  const share = Math.max(1, Math.floor(burstOf(route.policy) / configuration.gateways));
  const local = new LocalWindow(share, periodOf(route.policy));
  const pending = new Set<Promise<Answer>>();
  let closing = false;
  // Une série absente n'est pas une série à zéro : on les crée toutes, avant la première décision.
  for (const source of ['redis', route.onFailure === 'open' ? 'local' : 'closed']) {
    for (const result of ['admitted', 'refused'])
      metrics.checks.inc({ route: route.name, result, source }, 0);
  }
  metrics.breakerOpen.set({ route: route.name }, 0);

  function fallback(client: string, failure: Failure): Answer {
    log.debug({ event: 'rate_limit.fallback', route: route.name, failure, mode: route.onFailure });
    if (route.onFailure === 'closed') {
      return { admitted: false, remaining: 0, waitMs: configuration.breakerOpenMs, source: 'closed' };
    }
    return { ...local.check(client), source: 'local' };
  }

  function failed(error: unknown): Failure {
    const failure = failureOf(error);
    const wasOpen = breaker.open;
    breaker.failed();
    metrics.failures.inc({ kind: failure });
    if (!wasOpen) log.warn({ event: 'rate_limit.failure', route: route.name, failure, error: String(error) });
    if (breaker.open && !wasOpen)
      log.error({ event: 'rate_limit.degraded', route: route.name, mode: route.onFailure });
    metrics.breakerOpen.set({ route: route.name }, Number(breaker.open));
    return failure;
  }

  async function decide(client: string, cost: number): Promise<Answer> {
    const deadline = performance.now() + configuration.budgetMs;
    for (let attempt = 0; ; attempt++) {
      if (closing) return fallback(client, 'closing');
      if (!breaker.allows()) return fallback(client, 'breaker-open');
      try {
        const decision = await limiter.check(client, cost);
        if (breaker.open) log.info({ event: 'rate_limit.recovered', route: route.name });
        breaker.succeeded();
        metrics.breakerOpen.set({ route: route.name }, 0);
        return { ...decision, source: 'redis' };
      } catch (error) {
        if (error instanceof RangeError) throw error;
        const failure = failed(error);
        const pause = backoffMs(attempt, 10, 50);
        const late = performance.now() + pause + configuration.commandTimeoutMs > deadline;
        if (!retryable.has(failure) || attempt >= configuration.retries || late)
          return fallback(client, failure);
        metrics.retries.inc();
        await sleep(pause);
      }
    }
  }

  return {
    route,
    get degraded(): boolean {
      return breaker.open;
    },
    /** Décide d'une requête de `client`, qui coûte `cost` jetons si la politique est un seau. */
    async check(client: string, cost = 1): Promise<Answer> {
      const startedAt = performance.now();
      const decision = decide(client, cost);
      pending.add(decision);
      try {
        const answer = await decision;
        const latencyMs = performance.now() - startedAt;
        const result = answer.admitted ? 'admitted' : 'refused';
        metrics.checks.inc({ route: route.name, result, source: answer.source });
        metrics.duration.observe({ route: route.name }, latencyMs / 1000);
        if (!answer.admitted) {
          log.debug({
            event: 'rate_limit.refused',
            key: `rl:{${client}}:${route.name}`,
            ttl: answer.waitMs,
            latency: latencyMs,
          });
        }
        return answer;
      } finally {
        pending.delete(decision);
      }
    },
    /** Ne demande plus rien à Redis et attend les décisions en cours. */
    async close(): Promise<void> {
      closing = true;
      await Promise.allSettled(pending);
    },
  };
}
export type Guard = ReturnType<typeof createGuard>;
// #endregion garde
