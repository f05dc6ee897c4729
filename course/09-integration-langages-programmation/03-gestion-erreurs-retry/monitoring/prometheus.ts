/**
 * Le tableau de bord et les alertes, éprouvés : la cantine de production tourne devant un vrai Prometheus, au calme, puis
 * pendant des pannes provoquées. Chaque expression doit rendre des données, et changer ; chaque alerte doit pouvoir sonner.
 * Lancer : `REDIS_URL=… PROMETHEUS=/chemin/de/prometheus node monitoring/prometheus.ts` (environ une minute et demie).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPages } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { parse } from 'yaml';
import { ReliableCanteen } from '../implementation/nodejs/production.ts';
import { startRelay } from '../implementation/nodejs/relay.ts';
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
const dashboard: Dashboard = JSON.parse(read('dashboards/appels.json'));
const rules: Rules = parse(read('alerts.yml'));
const alerts = rules.groups.flatMap((group) => group.rules);
const expressions = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => ({ title, expr })),
);

const twin = await startTwin();
const relay = await startRelay(twin.url);
const admin = twin.admin();
await admin.hset('menu:lundi', { plat: 'Gratin de courge' });
await admin.set('carte:{lea}', 1_000_000_000);
const canteen = new ReliableCanteen(
  { url: relay.url, commandTimeoutMs: 400, retryReserve: 5 },
  pino({ level: 'silent' }),
);
const pages = createPages((_request, response) => {
  void canteen.guard.expose().then((text) => response.end(text));
}).listen(0, '127.0.0.1');
await once(pages, 'listening');
const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
const port = await freePort();
writeFileSync(
  join(folder, 'prometheus.yml'),
  `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: cantine\n    static_configs: [{ targets: ['127.0.0.1:${(pages.address() as AddressInfo).port}'] }]\n`,
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
const rung = new Set<string>();
const during: Set<string>[] = expressions.map(() => new Set());

/** Pendant `seconds` : relève chaque panneau, écoute chaque alerte. */
async function watch(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++, await sleep(1000)) {
    for (const { alert, expr } of alerts) if (await ask(expr)) rung.add(alert);
    for (const [rank, { expr }] of expressions.entries()) during[rank]?.add(await ask(expr));
  }
}

try {
  const traffic = lunch();
  await sleep(12_000);
  const calm = await Promise.all(expressions.map(({ expr }) => ask(expr)));
  for (const [rank, { title, expr }] of expressions.entries()) {
    if (calm[rank] === '') fail(`« ${title} » ne rend rien au calme : ${expr}`);
  }
  // Sur une machine chargée, le p99 dépasse son délai sans que rien ne soit en panne.
  for (const { alert, expr } of alerts)
    if (alert !== 'AppelsLents' && (await ask(expr))) fail(`${alert} sonne au calme`);

  const losing = setInterval(() => relay.cutReplies(1), 50); // un réseau qui perd des réponses
  await watch(15);
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
  await watch(6);
  hiccups = false;
  await hiccuping;
  twin.freeze();
  await watch(12);
  twin.thaw();
  await sleep(2000);
  await admin.config('SET', 'maxmemory', '1');
  await watch(4);
  await admin.config('SET', 'maxmemory', '0');
  await admin.replicaof('127.0.0.1', 1);
  await watch(4);
  await admin.replicaof('NO', 'ONE');
  const stranger = new Redis(twin.url, { username: 'caisse', password: 'faux', retryStrategy: () => null });
  stranger.on('error', () => {});
  await admin.call('ACL', 'SETUSER', 'lecteur', 'on', '>secret', '~*', '+@read', '+@connection', '+info');
  const reader = new Redis(twin.url, { username: 'lecteur', password: 'secret' });
  await reader.incr('pourboires').catch(() => 0); // NOPERM
  await watch(6);
  stranger.disconnect();
  reader.disconnect();
  running = false;
  await traffic;

  for (const [rank, { title, expr }] of expressions.entries()) {
    const values = during[rank] ?? new Set();
    if ([...values].every((value) => value === calm[rank]))
      fail(`« ${title} » ne change pas pendant les pannes : ${expr}`);
  }
  for (const { alert } of alerts) if (!rung.has(alert)) fail(`${alert} n'a jamais sonné`);
  console.log(`${expressions.length} expressions, ${rung.size} alertes ont sonné : ${[...rung].join(', ')}`);
  for (const fact of failures) console.error(fact);
} finally {
  running = false;
  prometheus.kill();
  pages.close();
  pages.closeAllConnections();
  await canteen.shutdown(100);
  relay.stop();
  await twin.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures.length === 0 ? 0 : 1);

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
  const found = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, 'close');
  return found;
}
