/**
 * Ce que Prometheus sait du classement : ce qu'a vu l'application, et ce que Redis dit de lui-même.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import type { Redis } from 'ioredis';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

// #region metriques
/** Les métriques d'un serveur de classement. */
export function makeMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
    operations: new Counter({
      name: 'leaderboard_operations_total',
      help: 'Opérations, par nom et par issue.',
      labelNames: ['operation', 'outcome'],
      registers,
    }),
    seconds: new Histogram({
      name: 'leaderboard_operation_seconds',
      help: 'Durée vue par l’appelant, essais compris.',
      labelNames: ['operation'],
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 6],
      registers,
    }),
    retries: new Counter({
      name: 'leaderboard_retries_total',
      help: 'Essais refaits, par cause.',
      labelNames: ['failure'],
      registers,
    }),
    stale: new Counter({
      name: 'leaderboard_stale_served_total',
      help: 'Pages servies d’une copie locale, Redis absent.',
      registers,
    }),
    pending: new Gauge({
      name: 'leaderboard_pending_scores',
      help: 'Scores gardés en attendant que Redis revienne.',
      registers,
    }),
    dropped: new Counter({
      name: 'leaderboard_dropped_scores_total',
      help: 'Scores abandonnés : la réserve était pleine, ou le serveur s’est arrêté avant.',
      registers,
    }),
    players: new Gauge({
      name: 'leaderboard_players',
      help: 'Joueurs classés, par période.',
      labelNames: ['period'],
      registers,
    }),
    breaker: new Gauge({
      name: 'leaderboard_breaker_state',
      help: '0 fermé, 1 entrouvert, 2 ouvert.',
      registers,
    }),
  };
  // Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier essai passerait inaperçu.
  for (const failure of ['connection', 'timeout', 'readonly', 'busy']) metrics.retries.inc({ failure }, 0);
  return metrics;
}

/** Ce qu'INFO sait de la mémoire et des clés, lu à chaque passage de Prometheus. */
export function watchRedis(redis: Redis, registry: Registry): void {
  const fields: [field: string, name: string, help: string][] = [
    ['used_memory', 'leaderboard_redis_memory_bytes', 'Mémoire employée par Redis.'],
    ['maxmemory', 'leaderboard_redis_memory_limit_bytes', 'Mémoire que Redis s’autorise.'],
    ['expired_keys', 'leaderboard_redis_expired_keys', 'Clés expirées depuis le démarrage.'],
    ['evicted_keys', 'leaderboard_redis_evicted_keys', 'Clés évincées : autant de classements perdus.'],
    ['connected_clients', 'leaderboard_redis_clients', 'Connexions ouvertes.'],
  ];
  const gauges = fields.map(([field, name, help]) => ({
    field,
    gauge: new Gauge({ name, help, registers: [registry] }),
  }));
  const up = new Gauge({
    name: 'leaderboard_redis_up',
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
