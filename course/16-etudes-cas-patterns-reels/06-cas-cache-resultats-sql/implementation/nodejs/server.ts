/**
 * Un serveur HTTP minimal autour du cache : le palmarès d'une ville, une vente, les métriques et l'arrêt propre.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Recipe } from './advanced.ts';
import { keyOf } from './basic.ts';
import { Database } from './database.ts';
import { CacheUnavailable, ReliableCache, SourceOverloaded } from './production.ts';
import { bestSellers, cities, sell, type BestSeller } from './sales.ts';

// #region recette
/** Le palmarès d'une ville : il dépend de ses ventes, et du catalogue. */
export function bestSellersOf(database: Database, city: number, days: number): Recipe<BestSeller[]> {
  return {
    key: keyOf('palmares', { city, days }),
    tags: [`ville:${city}`, 'catalogue'],
    load: () => database.ask<BestSeller>(bestSellers, city, days),
  };
}
// #endregion recette

/** Un serveur de démonstration : `GET /palmares/:ville/:jours`, `POST /ventes/:ville/:livre`, `GET /metrics`. */
export function createCacheServer(cache: ReliableCache, database: Database): Server {
  return createServer((request, response) => {
    answer(cache, database, request, response).catch((error: unknown) => {
      const busy = error instanceof SourceOverloaded || error instanceof CacheUnavailable;
      response.writeHead(busy ? 503 : 500, { 'retry-after': '1' }).end();
    });
  });
}

async function answer(
  cache: ReliableCache,
  database: Database,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const [, route = '', first = '', second = ''] = (request.url ?? '/').split('/');
  if (route === 'metrics') {
    response.setHeader('content-type', cache.registry.contentType).end(await cache.metrics());
    return;
  }
  const city = Number(first);
  const known = first !== '' && cities[city] !== undefined;
  // Trois périodes et pas une de plus : chaque valeur permise est une entrée, et leur nombre doit être borné.
  if (route === 'palmares' && known && ['30', '90', '365'].includes(second)) {
    const { value, from } = await cache.serve(bestSellersOf(database, city, Number(second)));
    response.setHeader('x-cache', from).end(JSON.stringify(value));
  } else if (route === 'ventes' && known && request.method === 'POST' && /^\d{1,4}$/.test(second)) {
    await database.ask(sell, Number(second), city, 1);
    // La vente est faite : une invalidation due ne la défait pas, elle se paiera plus tard.
    const owed = await cache.invalidate(`ville:${city}`).then(
      () => false,
      () => true,
    );
    response.writeHead(204, { 'x-cache': owed ? 'owed' : 'invalidated' }).end();
  } else {
    response.writeHead(404).end();
  }
}

// #region arret
/** Sert jusqu'à SIGTERM : plus de connexion, les réponses en cours s'achèvent, puis le cache et la base se ferment. */
export async function serve(cache: ReliableCache, database: Database, port: number): Promise<void> {
  const server = createCacheServer(cache, database);
  const popular = cities.map((_, city) => bestSellersOf(database, city, 90));
  await cache.ready();
  await cache.warm(popular);
  await new Promise<void>((listening) => server.listen(port, listening));
  process.once('SIGTERM', () => {
    server.close(() => void cache.shutdown().then(() => database.close()));
    server.closeIdleConnections();
  });
}
// #endregion arret

if (import.meta.main) {
  const url = process.env.REDIS_URL ?? 'redis://localhost:6379';
  await serve(new ReliableCache({ url }), await Database.open(), Number(process.env.PORT ?? 3000));
}
