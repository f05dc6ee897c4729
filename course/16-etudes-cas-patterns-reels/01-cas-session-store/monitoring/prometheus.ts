/**
 * Le tableau de bord et les alertes, éprouvés : le magasin de production tourne devant un vrai Prometheus, au calme, puis
 * pendant des pannes provoquées. Chaque expression doit rendre des données, et changer ; chaque alerte doit pouvoir sonner.
 * Lancer : `REDIS_URL=… PROMETHEUS=/chemin/de/prometheus node monitoring/prometheus.ts` (environ deux minutes).
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Observatory } from '../../../observatory.ts';
import { ReliableSessions } from '../implementation/nodejs/production.ts';
import { createSessionServer } from '../implementation/nodejs/server.ts';
import { startTwin } from '../implementation/nodejs/twin.ts';

const twin = await startTwin();
const admin = twin.admin();
await admin.config('SET', 'maxmemory', '64mb');
const sessions = new ReliableSessions(
  { url: twin.url, commandTimeoutMs: 200 },
  {},
  pino({ level: 'silent' }),
);
const server = createSessionServer(sessions).listen(0, '127.0.0.1');
await once(server, 'listening');
const observatory = await Observatory.open(import.meta.dirname, server);

const visitor = {
  user: null,
  device: { name: 'Essai', address: '192.0.2.1' },
  prefs: {},
  cart: {},
  recent: [],
};
const known: string[] = [];
let running = true;
let code = 1;

try {
  for (let n = 0; n < 50; n++) known.push(await sessions.open(`client-${n}`, visitor));
  const traffic = browse();

  // Sur une machine chargée, le p99 dépasse sa cible sans que rien ne soit en panne.
  await observatory.calm(20, ['SessionsLentes']);

  twin.freeze();
  await observatory.watch(10);
  twin.thaw();

  // Un Redis lent : quinze millisecondes sur trente, il ne répond pas.
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(15)) {
    twin.freeze();
    await sleep(15);
    twin.thaw();
  }
  await observatory.watch(1);

  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const filler = 'x'.repeat(100_000);
  for (let n = 0; n < 900; n++) await admin.set(`bourrage:${n}`, filler, 'PX', 60_000 + n);
  for (let n = 0; n < 500; n++) await admin.set(`bref:${n}`, 'x', 'PX', 1);
  // Le disjoncteur se referme avant que l'on révoque.
  while ((await sessions.open('vole', visitor).catch(() => '')) === '') await sleep(100);
  for (let n = 0; n < 200; n++) {
    await sessions.open('vole', visitor).catch(() => '');
    await sessions.closeAll('vole').catch(() => 0);
  }
  await observatory.watch(15);
  running = false;
  await traffic;

  // La vague de révocations se compare à une heure de calme : elle ne peut pas sonner en deux minutes.
  code = observatory.conclude(['VagueDeRevocations']);
} finally {
  running = false;
  observatory.close();
  server.close();
  server.closeAllConnections();
  await sessions.shutdown(100);
  await twin.stop();
}
process.exit(code);

/** Des visiteurs qui lisent beaucoup et ajoutent parfois un livre. */
async function browse(): Promise<void> {
  for (let step = 0; running; step++) {
    const token = known[step % known.length] ?? '';
    const act: Promise<unknown> =
      step % 8 ? sessions.touch(token) : sessions.addToCart(token, 'livre-0142', 1);
    await act.catch(() => null);
    await sleep(5);
  }
}
