/**
 * Le tableau de bord et les alertes, éprouvés : le cache de production tourne devant un vrai Prometheus, au calme, puis
 * pendant des pannes provoquées. Chaque expression doit rendre des données, et changer ; chaque alerte doit pouvoir sonner.
 * Lancer : `REDIS_URL=… PROMETHEUS=/chemin/de/prometheus node monitoring/prometheus.ts` (environ deux minutes).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { parse } from 'yaml';
import { Database } from '../implementation/nodejs/database.ts';
import { ReliableCache } from '../implementation/nodejs/production.ts';
import { cities } from '../implementation/nodejs/sales.ts';
import { bestSellersOf, createCacheServer } from '../implementation/nodejs/server.ts';
import { startTwin } from '../implementation/nodejs/twin.ts';

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}
interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}
interface Answer {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const dashboard: Dashboard = JSON.parse(read('dashboards/cache.json'));
const rules: Rules = parse(read('alerts.yml'));
const expressions = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => ({ title, expr })),
);

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
const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
const port = await freePort();
writeFileSync(
  join(folder, 'prometheus.yml'),
  `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: cache\n    static_configs: [{ targets: ['127.0.0.1:${portOf(server.address())}'] }]\n`,
);
const prometheus = spawn(
  process.env.PROMETHEUS ?? 'prometheus',
  [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ],
  { stdio: 'ignore' },
);
prometheus.once('error', (error) => {
  console.error(
    `Prometheus ne démarre pas (${error.message}) : installez le paquet « prometheus », ou donnez PROMETHEUS.`,
  );
  process.exit(1);
});

let running = true;
const failures: string[] = [];
const fail = (fact: string) => void failures.push(fact);
const alerts = rules.groups.flatMap((group) => group.rules);
/** Trop longues pour ces deux minutes, ou vraies dès que la machine est chargée : on vérifie qu'elles rendent des données. */
const unheard = new Set(['LecturesLentes', 'TauxDeSuccesBas']);

try {
  const traffic = visit();
  const crowds: Promise<void>[] = [];
  await sleep(20_000);
  const calm = await Promise.all(expressions.map(({ expr }) => ask(expr)));
  for (const [rank, { title, expr }] of expressions.entries()) {
    if (calm[rank] === '') fail(`« ${title} » ne rend rien au calme : ${expr}`);
  }
  for (const { alert, expr } of alerts) {
    if (!unheard.has(alert) && (await ask(expr))) fail(`${alert} sonne au calme`);
  }

  const rung = new Set<string>();
  const during: Set<string>[] = expressions.map(() => new Set());
  const look = async (seconds: number) => {
    for (let second = 0; second < seconds; second++, await sleep(1000)) {
      for (const [rank, { expr }] of expressions.entries()) during[rank]?.add(await ask(expr));
      for (const { alert, expr } of alerts) if (await ask(expr)) rung.add(alert);
    }
  };

  // Gelé : copies, contournements, refus, disjoncteur, dettes.
  twin.freeze();
  await cache.invalidate('ville:0').catch(() => null);
  for (let n = 0; n < 20; n++) crowds.push(crowd(n));
  await look(10);
  twin.thaw();
  await Promise.all(crowds);

  // Plein et bavard : évictions, expirations, résultats non gardés.
  const filler = 'x'.repeat(100_000);
  for (let n = 0; n < 900; n++) await admin.set(`bourrage:${n}`, filler, 'PX', 60_000 + n);
  for (let n = 0; n < 500; n++) await admin.set(`bref:${n}`, 'x', 'PX', 1);
  await look(3);
  await admin.config('SET', 'maxmemory-policy', 'noeviction');
  const unkept = { ...bestSellersOf(database, 1, 30), key: 'q:non-gardee' };
  const load = async () => {
    await admin.config('SET', 'maxmemory', '1');
    return unkept.load();
  };
  await admin.config('SET', 'maxmemory', '0');
  await cache.serve({ ...unkept, load }).catch(() => null);
  await look(6);
  await admin.config('SET', 'maxmemory', '64mb', 'maxmemory-policy', 'allkeys-lru');
  await look(4);
  running = false;
  await traffic;

  for (const [rank, { title, expr }] of expressions.entries()) {
    const values = during[rank] ?? new Set();
    if ([...values].every((value) => value === calm[rank]))
      fail(`« ${title} » ne change pas pendant les pannes : ${expr}`);
  }
  for (const { alert } of alerts)
    if (!unheard.has(alert) && !rung.has(alert)) fail(`${alert} n'a jamais sonné`);
  console.log(`${expressions.length} expressions, ${rung.size} alertes ont sonné : ${[...rung].join(', ')}`);
  for (const fact of failures) console.error(fact);
} finally {
  running = false;
  prometheus.kill();
  server.close();
  server.closeAllConnections();
  await cache.shutdown(100);
  await database.close();
  await twin.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures.length === 0 ? 0 : 1);

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

/** La réponse de Prometheus à une expression, en une ligne ; vide s'il n'y a pas de données. */
async function ask(expression: string): Promise<string> {
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const response = await fetch(url);
  const answer: Answer = JSON.parse(await response.text());
  return answer.data.result
    .filter(({ value }) => value[1] !== 'NaN')
    .map(({ metric, value }) => `${JSON.stringify(metric)}=${value[1]}`)
    .toSorted()
    .join(' ');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const found = portOf(probe.address());
  probe.close();
  await once(probe, 'close');
  return found;
}

function portOf(address: ReturnType<typeof server.address>): number {
  return typeof address === 'object' && address ? address.port : 0;
}
