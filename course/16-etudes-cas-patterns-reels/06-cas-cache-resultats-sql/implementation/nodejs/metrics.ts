/**
 * Ce que Prometheus sait du cache : ce qu'a vu l'application, et ce que Redis dit de lui-même.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import type { Redis } from 'ioredis';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

// #region metriques
/** Les métriques d'un serveur qui met en cache. */
export function makeMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
    requests: new Counter({
      name: 'cache_requests_total',
      help: 'Lectures, par origine du résultat.',
      labelNames: ['from'],
      registers,
    }),
    seconds: new Histogram({
      name: 'cache_request_seconds',
      help: 'Durée d’une lecture vue par l’appelant.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers,
    }),
    sql: new Histogram({
      name: 'cache_sql_seconds',
      help: 'Durée d’une requête à la base, attente comprise.',
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
      registers,
    }),
    sqlRunning: new Gauge({ name: 'cache_sql_running', help: 'Requêtes à la base en cours.', registers }),
    invalidations: new Counter({
      name: 'cache_invalidations_total',
      help: 'Invalidations, par issue.',
      labelNames: ['outcome'],
      registers,
    }),
    owed: new Gauge({
      name: 'cache_invalidations_owed',
      help: 'Étiquettes que Redis n’a pas encore voulu oublier.',
      registers,
    }),
    retries: new Counter({
      name: 'cache_retries_total',
      help: 'Essais refaits, par cause.',
      labelNames: ['failure'],
      registers,
    }),
    unsaved: new Counter({
      name: 'cache_unsaved_total',
      help: 'Résultats calculés que Redis n’a pas gardés.',
      registers,
    }),
    breaker: new Gauge({ name: 'cache_breaker_state', help: '0 fermé, 1 entrouvert, 2 ouvert.', registers }),
  };
  // Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier événement passerait inaperçu.
  for (const from of ['fresh', 'stale', 'computed', 'copy', 'bypass', 'refused'])
    metrics.requests.inc({ from }, 0);
  for (const failure of ['connection', 'timeout', 'readonly', 'busy']) metrics.retries.inc({ failure }, 0);
  for (const outcome of ['ok', 'owed']) metrics.invalidations.inc({ outcome }, 0);
  return metrics;
}

/** Ce qu'INFO sait de la mémoire et des clés, lu à chaque passage de Prometheus. */
export function watchRedis(redis: Redis, registry: Registry): void {
  const fields: [field: string, name: string, help: string][] = [
    ['used_memory', 'cache_redis_memory_bytes', 'Mémoire employée par Redis.'],
    ['maxmemory', 'cache_redis_memory_limit_bytes', 'Mémoire que Redis s’autorise.'],
    ['evicted_keys', 'cache_redis_evicted_keys', 'Clés évincées depuis le démarrage.'],
    ['expired_keys', 'cache_redis_expired_keys', 'Clés expirées depuis le démarrage.'],
  ];
  const gauges = fields.map(([field, name, help]) => ({
    field,
    gauge: new Gauge({ name, help, registers: [registry] }),
  }));
  const up = new Gauge({
    name: 'cache_redis_up',
    help: '1 si Redis a répondu à INFO.',
    registers: [registry],
    async collect() {
      const info = await redis.info().catch(() => null);
      up.set(info === null ? 0 : 1);
      for (const { field, gauge } of gauges) {
        const value = new RegExp(`^${field}:(\\d+)`, 'm').exec(info ?? '')?.[1];
        if (value) gauge.set(Number(value));
        else gauge.reset();
      }
    },
  });
}
// #endregion metriques
