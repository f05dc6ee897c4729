/**
 * Le tableau de bord et les alertes, éprouvés : le cache de production tourne devant un vrai Prometheus, au calme, puis
 * pendant des pannes provoquées. Chaque expression doit rendre des données, et changer ; chaque alerte doit pouvoir sonner.
 * Lancer : `REDIS_URL=… PROMETHEUS=/chemin/de/prometheus node monitoring/prometheus.ts` (environ deux minutes).
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Observatory } from '../../../observatory.ts';
import { Database } from '../implementation/nodejs/database.ts';
import { ReliableCache } from '../implementation/nodejs/production.ts';
import { cities } from '../implementation/nodejs/sales.ts';
import { bestSellersOf, createCacheServer } from '../implementation/nodejs/server.ts';
import { startTwin } from '../implementation/nodejs/twin.ts';

const twin = await startTwin();
const admin = twin.admin();
await admin.config('SET', 'maxmemory', '64mb', 'maxmemory-policy', 'allkeys-lru');
const database = await Database.open();
const cache = new ReliableCache(
  { url: twin.url, commandTimeoutMs: 200, sqlWidth: 1, sqlQueue: 2, invalidateAttempts: 2 },
  { freshMs: 2000 },
  pino({ level: 'silent' }),
);
await cache.ready();
const server = createCacheServer(cache, database).listen(0, '127.0.0.1');
await once(server, 'listening');
const observatory = await Observatory.open(import.meta.dirname, server);

let running = true;
let code = 1;
/** Trop longues pour ces deux minutes, ou vraies dès que la machine est chargée : on vérifie qu'elles rendent des données. */
const unheard = ['LecturesLentes', 'TauxDeSuccesBas'];

try {
  const traffic = visit();
  const crowds: Promise<void>[] = [];
  await observatory.calm(20, unheard);

  // Gelé : copies, contournements, refus, disjoncteur, dettes.
  twin.freeze();
  await cache.invalidate('ville:0').catch(() => null);
  for (let n = 0; n < 20; n++) crowds.push(crowd(n));
  await observatory.watch(10);
  twin.thaw();
  await Promise.all(crowds);

  // Plein et bavard : évictions, expirations, résultats non gardés.
  const filler = 'x'.repeat(100_000);
  for (let n = 0; n < 900; n++) await admin.set(`bourrage:${n}`, filler, 'PX', 60_000 + n);
  for (let n = 0; n < 500; n++) await admin.set(`bref:${n}`, 'x', 'PX', 1);
  await observatory.watch(3);
  await admin.config('SET', 'maxmemory-policy', 'noeviction');
  const unkept = { ...bestSellersOf(database, 1, 30), key: 'q:non-gardee' };
  const load = async () => {
    await admin.config('SET', 'maxmemory', '1');
    return unkept.load();
  };
  await admin.config('SET', 'maxmemory', '0');
  await cache.serve({ ...unkept, load }).catch(() => null);
  await observatory.watch(6);
  await admin.config('SET', 'maxmemory', '64mb', 'maxmemory-policy', 'allkeys-lru');
  await observatory.watch(4);
  running = false;
  await traffic;

  code = observatory.conclude(unheard);
} finally {
  running = false;
  observatory.close();
  server.close();
  server.closeAllConnections();
  await cache.shutdown(100);
  await database.close();
  await twin.stop();
}
process.exit(code);

/** Des visiteurs qui lisent beaucoup, et parfois une vente qui invalide. */
async function visit(): Promise<void> {
  for (let step = 0; running; step++) {
    const city = step % cities.length;
    await cache.serve(bestSellersOf(database, city, 90)).catch(() => null);
    if (step % 100 === 0) await cache.invalidate(`ville:${city}`).catch(() => null);
    await sleep(5);
  }
}

/** Vingt questions que personne n'a jamais posées, ensemble. */
async function crowd(round: number): Promise<void> {
  await sleep(round * 300);
  const asked = Array.from({ length: 20 }, (_, n) => ({
    ...bestSellersOf(database, n % 8, 30),
    key: `q:foule:${round}:${n}`,
  }));
  await Promise.allSettled(asked.map((recipe) => cache.serve(recipe)));
}
