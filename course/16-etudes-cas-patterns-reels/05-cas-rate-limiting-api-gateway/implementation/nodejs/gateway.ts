/**
 * Une passerelle HTTP minimale autour des gardes : ce qu'il faut pour mesurer, alerter et s'arrêter proprement.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { httpAnswer } from './advanced.ts';
import {
  connect,
  createGuard,
  createMetrics,
  defaults,
  type Configuration,
  type Guard,
  type Route,
} from './production.ts';

// #region passerelle
/** Une passerelle HTTP : chaque route derrière sa garde, plus `/metrics` et `/healthz`. */
export function createGateway(guards: Guard[], registry: Registry): Server {
  const byPath = new Map(guards.map((guard) => [guard.route.name, guard]));
  return createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0].slice(1);
    const respond = async () => {
      if (path === 'metrics')
        return response.setHeader('content-type', registry.contentType).end(await registry.metrics());
      if (path === 'healthz')
        return response.end(JSON.stringify({ degraded: guards.some((guard) => guard.degraded) }));
      const guard = byPath.get(path);
      if (!guard) return response.writeHead(404).end();
      const answer = await guard.check(
        request.headers['x-api-key']?.toString() ?? request.socket.remoteAddress ?? '',
      );
      const { status, headers } = httpAnswer(answer, guard.route.policy);
      return response.writeHead(answer.source === 'closed' ? 503 : status, headers).end();
    };
    respond().catch(() => response.writeHead(500).end());
  });
}

/** Démarre la passerelle ; rend de quoi l'arrêter proprement : plus d'entrée, décisions rendues, connexion close. */
export async function start(
  routes: Route[],
  configuration: Configuration,
  port: number,
  log: Logger = pino(),
) {
  const redis = connect(configuration);
  redis.on('error', (error: Error) => log.debug({ event: 'redis.error', error: error.message }));
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const guards = routes.map((route) => createGuard(route, redis, configuration, metrics, log));
  const server = createGateway(guards, registry);
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    server,
    async stop(): Promise<void> {
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      await closed;
      await Promise.all(guards.map((guard) => guard.close()));
      await Promise.race([redis.quit(), sleep(500, undefined, { ref: false })]).catch(() => undefined);
      redis.disconnect();
      log.info({ event: 'gateway.stopped' });
    },
  };
}
// #endregion passerelle

if (import.meta.main) {
  const routes: Route[] = [
    {
      name: 'recherche',
      policy: { algorithm: 'token-bucket', capacity: 200, ratePerSecond: 100 },
      onFailure: 'open',
    },
    {
      name: 'connexion',
      policy: { algorithm: 'sliding-log', limit: 5, windowMs: 60_000 },
      onFailure: 'closed',
    },
  ];
  const configuration = { ...defaults, redisUrl: process.env.REDIS_URL ?? defaults.redisUrl };
  const gateway = await start(routes, configuration, Number(process.env.PORT ?? 8080));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void gateway.stop());
}
