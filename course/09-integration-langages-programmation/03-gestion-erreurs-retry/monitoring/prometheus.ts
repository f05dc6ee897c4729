/**
 * Le tableau de bord et les alertes, éprouvés : la cantine de production tourne devant un vrai Prometheus, au calme, puis
 * pendant des pannes provoquées. Chaque expression doit rendre des données, et changer ; chaque alerte doit pouvoir sonner.
 * Lancer : `REDIS_URL=… PROMETHEUS=/chemin/de/prometheus node monitoring/prometheus.ts` (environ une minute et demie).
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { Observatory } from '../../../observatory.ts';
import { ReliableCanteen } from '../implementation/nodejs/production.ts';
import { startRelay } from '../implementation/nodejs/relay.ts';
import { startTwin } from '../implementation/nodejs/twin.ts';

const twin = await startTwin();
const relay = await startRelay(twin.url);
const admin = twin.admin();
await admin.hset('menu:lundi', { plat: 'Gratin de courge' });
await admin.set('carte:{lea}', 1_000_000_000);
const canteen = new ReliableCanteen(
  { url: relay.url, commandTimeoutMs: 400, retryReserve: 5 },
  pino({ level: 'silent' }),
);
const pages = createServer((_request, response) => {
  void canteen.guard.expose().then((text) => response.end(text));
}).listen(0, '127.0.0.1');
await once(pages, 'listening');
const observatory = await Observatory.open(import.meta.dirname, pages);

let running = true;
let code = 1;

try {
  const traffic = lunch();
  // Sur une machine chargée, le p99 dépasse son délai sans que rien ne soit en panne.
  await observatory.calm(12, ['AppelsLents']);

  const losing = setInterval(() => relay.cutReplies(1), 50); // un réseau qui perd des réponses
  await observatory.watch(15);
  clearInterval(losing);
  relay.cutReplies(0);
  let hiccups = true; // un serveur qui hoquette
  const hiccuping = (async () => {
    for (; hiccups; await sleep(300)) {
      twin.freeze();
      await sleep(600);
      twin.thaw();
    }
  })();
  await observatory.watch(6);
  hiccups = false;
  await hiccuping;
  twin.freeze();
  await observatory.watch(12);
  twin.thaw();
  await sleep(2000);
  await admin.config('SET', 'maxmemory', '1');
  await observatory.watch(4);
  await admin.config('SET', 'maxmemory', '0');
  await admin.replicaof('127.0.0.1', 1);
  await observatory.watch(4);
  await admin.replicaof('NO', 'ONE');
  const stranger = new Redis(twin.url, { username: 'caisse', password: 'faux', retryStrategy: () => null });
  stranger.on('error', () => {});
  await admin.call('ACL', 'SETUSER', 'lecteur', 'on', '>secret', '~*', '+@read', '+@connection', '+info');
  const reader = new Redis(twin.url, { username: 'lecteur', password: 'secret' });
  await reader.incr('pourboires').catch(() => 0); // NOPERM
  await observatory.watch(6);
  stranger.disconnect();
  reader.disconnect();
  running = false;
  await traffic;

  code = observatory.conclude();
} finally {
  running = false;
  observatory.close();
  pages.close();
  pages.closeAllConnections();
  await canteen.shutdown(100);
  relay.stop();
  await twin.stop();
}
process.exit(code);

/** Midi : des menus que l'on lit, des plateaux que l'on débite. */
async function lunch(): Promise<void> {
  const step = async (n: number) => {
    const act: Promise<unknown> = n % 4 ? canteen.debit('lea', 1) : canteen.menu('lundi');
    await act.catch(() => null);
  };
  await Promise.all(
    Array.from({ length: 4 }, async (_, till) => {
      for (let n = till; running; n++, await sleep(60)) await step(n);
    }),
  );
}
