/**
 * Un serveur HTTP minimal autour du classement : les routes du jeu, les métriques et l'arrêt propre.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LeaderboardUnavailable, type ReliableLeaderboard } from './production.ts';

// #region routes
/**
 * `GET /top`, `GET /joueur/:nom`, `POST /score/:nom/:points`, `GET /metrics`. Prouver que le score est vrai (rejouer la
 * partie, signer le résultat) est l'affaire du serveur de jeu : un client ne doit jamais appeler la troisième route.
 */
export function createLeaderboardServer(board: ReliableLeaderboard): Server {
  return createServer((request, response) => {
    answer(board, request, response).catch((error: unknown) => {
      if (error instanceof LeaderboardUnavailable) response.writeHead(503, { 'retry-after': '2' }).end();
      else response.writeHead(error instanceof RangeError ? 400 : 500).end();
    });
  });
}

async function answer(board: ReliableLeaderboard, request: IncomingMessage, response: ServerResponse) {
  const [, route = '', player = '', points = ''] = (request.url ?? '/').split('/');
  if (route === 'metrics') {
    response.setHeader('content-type', board.registry.contentType).end(await board.metrics());
  } else if (request.method === 'GET' && route === 'top') {
    response.end(JSON.stringify(await board.page('day', 0, 100)));
  } else if (request.method === 'GET' && route === 'joueur') {
    response.end(JSON.stringify(await board.around('day', player, 3)));
  } else if (request.method === 'POST' && route === 'score') {
    const submitted = await board.submit(player, Number(points));
    response.writeHead(submitted.pending ? 202 : 200).end(JSON.stringify(submitted));
  } else {
    response.writeHead(404).end();
  }
}
// #endregion routes

/** Sert jusqu'à SIGTERM : plus de connexion, les réponses en cours s'achèvent, puis le classement se ferme. */
export async function serve(board: ReliableLeaderboard, port: number): Promise<void> {
  const server = createLeaderboardServer(board);
  await new Promise<void>((listening) => server.listen(port, listening));
  process.once('SIGTERM', () => {
    server.close(() => void board.shutdown());
    server.closeIdleConnections();
  });
}

if (import.meta.main) {
  const { ReliableLeaderboard: Board } = await import('./production.ts');
  const url = process.env.REDIS_URL ?? 'redis://localhost:6379';
  await serve(new Board({ url }), Number(process.env.PORT ?? 3000));
}
