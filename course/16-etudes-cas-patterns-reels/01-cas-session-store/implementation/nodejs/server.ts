/**
 * Un serveur HTTP minimal autour du magasin : le cookie, ses attributs, les métriques et l'arrêt propre.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SessionsUnavailable, type ReliableSessions } from './production.ts';

// #region cookie
/** `__Host-` : le navigateur refuse ce cookie s'il n'est pas sûr, s'il vise un sous-domaine ou un chemin. */
const cookieName = '__Host-session';

function tokenOf(request: IncomingMessage): string {
  const cookies = request.headers.cookie?.split('; ') ?? [];
  return cookies.find((cookie) => cookie.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) ?? '';
}

function give(response: ServerResponse, token: string): void {
  response.setHeader('set-cookie', `${cookieName}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax`);
}
// #endregion cookie

// #region routes
/**
 * Un serveur de démonstration : `GET /`, `POST /panier/:livre`, `POST /connexion/:compte`, `POST /deconnexion-partout`,
 * `GET /metrics`. L'authentification elle-même (mot de passe, passkey) est l'affaire de l'application.
 */
export function createSessionServer(sessions: ReliableSessions): Server {
  return createServer((request, response) => {
    answer(sessions, request, response).catch((error: unknown) => {
      if (error instanceof SessionsUnavailable) response.writeHead(503, { 'retry-after': '2' }).end();
      else response.writeHead(error instanceof RangeError ? 400 : 500).end();
    });
  });
}

async function answer(sessions: ReliableSessions, request: IncomingMessage, response: ServerResponse) {
  const [, route = '', subject = ''] = (request.url ?? '/').split('/');
  if (route === 'metrics') {
    response.setHeader('content-type', sessions.registry.contentType).end(await sessions.metrics());
    return;
  }
  let token = tokenOf(request);
  let visit = await sessions.touch(token);
  if (!visit) {
    const device = {
      name: request.headers['user-agent'] ?? 'inconnu',
      address: request.socket.remoteAddress ?? '',
    };
    const session = { user: null, device, prefs: {}, cart: {}, recent: [] };
    token = await sessions.open(`a-${randomUUID().slice(0, 18)}`, session);
    visit = { session, stale: false };
    give(response, token);
  }
  if (request.method === 'GET') {
    response.end(JSON.stringify(visit));
  } else if (visit.stale) {
    throw new SessionsUnavailable('connection'); // une copie sert à afficher, jamais à agir
  } else if (route === 'panier') {
    response.end(JSON.stringify(await sessions.addToCart(token, subject, 1)));
  } else if (route === 'connexion') {
    const renewed = await sessions.login(token, subject);
    if (renewed) give(response, renewed);
    response.writeHead(renewed ? 204 : 409).end();
  } else if (route === 'deconnexion-partout' && visit.session.user) {
    response.end(JSON.stringify(await sessions.closeAll(visit.session.user)));
  } else {
    response.writeHead(404).end();
  }
}
// #endregion routes

// #region arret
/** Sert jusqu'à SIGTERM : plus de connexion, les réponses en cours s'achèvent, puis le magasin se ferme. */
export async function serve(sessions: ReliableSessions, port: number): Promise<void> {
  const server = createSessionServer(sessions);
  await new Promise<void>((listening) => server.listen(port, listening));
  process.once('SIGTERM', () => {
    server.close(() => void sessions.shutdown());
    server.closeIdleConnections();
  });
}
// #endregion arret

if (import.meta.main) {
  const { ReliableSessions: Sessions } = await import('./production.ts');
  const url = process.env.REDIS_URL ?? 'redis://localhost:6379';
  await serve(new Sessions({ url }), Number(process.env.PORT ?? 3000));
}
