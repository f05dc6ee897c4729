/**
 * Ce que Prometheus sait des appels à Redis : ce qu'a vu l'application, et ce que Redis dit de ses refus.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import type { Redis } from 'ioredis';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { failures } from './failure.ts';

// #region metriques
/** Les métriques d'une garde. */
export function makeMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
    calls: new Counter({
      name: 'redis_calls_total',
      help: 'Appels, par opération et par issue.',
      labelNames: ['operation', 'outcome'],
      registers,
    }),
    seconds: new Histogram({
      name: 'redis_call_seconds',
      help: 'Durée vue par l’appelant, essais et pauses compris.',
      labelNames: ['operation'],
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1, 2],
      registers,
    }),
    attempts: new Counter({ name: 'redis_attempts_total', help: 'Essais partis vers Redis.', registers }),
    retries: new Counter({
      name: 'redis_retries_total',
      help: 'Essais refaits, par cause.',
      labelNames: ['failure'],
      registers,
    }),
    refused: new Counter({
      name: 'redis_retries_refused_total',
      help: 'Rejeux que le budget a refusés.',
      registers,
    }),
    fallbacks: new Counter({
      name: 'redis_fallbacks_total',
      help: 'Réponses de repli, par opération.',
      labelNames: ['operation'],
      registers,
    }),
    replays: new Counter({
      name: 'redis_replays_total',
      help: 'Débits reconnus à leur passage : autant de doublons évités.',
      registers,
    }),
    breaker: new Gauge({ name: 'redis_breaker_state', help: '0 fermé, 1 entrouvert, 2 ouvert.', registers }),
  };
  // Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier essai passerait inaperçu.
  for (const [failure, { passing }] of Object.entries(failures))
    if (passing) metrics.retries.inc({ failure }, 0);
  return metrics;
}

/** Ce qu'INFO sait des refus, lu à chaque passage de Prometheus. */
export function watchRedis(redis: Redis, registry: Registry): void {
  const errors = new Gauge({
    name: 'redis_server_errors',
    help: 'Erreurs que Redis a répondues depuis son démarrage, par code.',
    labelNames: ['code'],
    registers: [registry],
  });
  const clients = new Gauge({ name: 'redis_clients', help: 'Connexions ouvertes.', registers: [registry] });
  const up = new Gauge({
    name: 'redis_up',
    help: '1 si Redis a répondu à INFO.',
    registers: [registry],
    async collect() {
      const info = await redis.info('everything').catch(() => '');
      up.set(info === '' ? 0 : 1);
      if (info === '') return;
      clients.set(Number(/^connected_clients:(\d+)/m.exec(info)?.[1] ?? 0));
      for (const code of ['OOM', 'READONLY', 'NOAUTH', 'NOPERM', 'BUSY']) {
        errors.set({ code }, Number(new RegExp(`^errorstat_${code}:count=(\\d+)`, 'm').exec(info)?.[1] ?? 0));
      }
    },
  });
}
// #endregion metriques
