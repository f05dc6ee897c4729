/**
 * Le tableau de bord et les alertes, éprouvés : le classement de production tourne devant un vrai Prometheus, au calme, puis
 * pendant des pannes provoquées. Chaque expression doit rendre des données, et changer ; chaque alerte doit pouvoir sonner.
 * Lancer : `REDIS_URL=… PROMETHEUS=/chemin/de/prometheus node monitoring/prometheus.ts` (environ une minute).
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Observatory } from '../../../observatory.ts';
import { ReliableLeaderboard } from '../implementation/nodejs/production.ts';
import { createLeaderboardServer } from '../implementation/nodejs/server.ts';
import { startTwin } from '../implementation/nodejs/twin.ts';

const twin = await startTwin();
const admin = twin.admin();
await admin.config('SET', 'maxmemory', '64mb');
const board = new ReliableLeaderboard(
  { url: twin.url, commandTimeoutMs: 200, pending: 20 },
  pino({ level: 'silent' }),
);
const server = createLeaderboardServer(board).listen(0, '127.0.0.1');
await once(server, 'listening');
const observatory = await Observatory.open(import.meta.dirname, server);

const players = Array.from({ length: 50 }, (_, n) => `joueur-${n}`);
let running = true;
let code = 1;

try {
  for (const player of players) await board.submit(player, 1);
  const traffic = play();

  // Sur une machine chargée, le p99 dépasse sa cible sans que rien ne soit en panne.
  await observatory.calm(20, ['ClassementLent']);

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
  // Ce que l'éviction finit par faire d'un classement, sans attendre qu'elle tombe sur lui.
  await admin.unlink('lb:{ricochet}:all');
  await observatory.watch(15);
  running = false;
  await traffic;

  code = observatory.conclude();
} finally {
  running = false;
  observatory.close();
  server.close();
  server.closeAllConnections();
  await board.shutdown(100);
  await twin.stop();
}
process.exit(code);

/** Des joueurs qui regardent beaucoup et jouent parfois. */
async function play(): Promise<void> {
  for (let step = 0; running; step++) {
    const player = players[Math.floor(step / 5) % players.length] ?? '';
    const acts: (() => Promise<unknown>)[] = [
      () => board.page('day', 0, 100),
      () => board.rankOf('all', player),
      () => board.submit(player, 1 + (step % 1000)),
      () => board.around('day', player, 3),
      () => board.award(player, `partie-${step}`, 1),
    ];
    // Sans attendre : pendant une panne, le jeu continue, et cinquante joueurs finissent leur partie.
    void acts[step % acts.length]?.().catch(() => null);
    await sleep(10);
  }
}
