/**
 * Les mesures du chapitre : cinq façons de rejouer devant les mêmes réponses perdues, puis ce que coûte la prudence quand
 * tout va bien. Lancer : `REDIS_URL=… node benchmarks/bench.ts` (ou `npm run bench -- 09-03`) ; `DEBITS=2000` pour mesurer
 * plus longtemps.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { debitOnce } from '../implementation/nodejs/advanced.ts';
import { connect } from '../implementation/nodejs/basic.ts';
import { ReliableCanteen } from '../implementation/nodejs/production.ts';
import { startRelay } from '../implementation/nodejs/relay.ts';
import { defaultPatience, retry } from '../implementation/nodejs/retry.ts';

/** Ce qu'une façon de rejouer a fait de débits dont une réponse sur dix se perd. */
interface Strategy {
  name: string;
  doubled: number;
  failed: number;
  failedButDone: number;
  p50: number;
  p99: number;
  /** La même chose, quand une réponse vient de se perdre : ce que la panne coûte à son malchanceux. */
  afterLoss: number;
}

/** Le prix d'un appel quand rien ne va mal. Millisecondes, sauf le processeur, en microsecondes. */
interface Price {
  name: string;
  p50: number;
  p95: number;
  p99: number;
  perSecond: number;
  serverMicroseconds: number;
}

export interface Report {
  date: string;
  machine: string;
  redis: string;
  client: string;
  debits: number;
  strategies: Strategy[];
  prices: Price[];
  passageBytes: number;
}

const debits = Number(process.env.DEBITS ?? 400);
const lossEvery = 10;
const meal = 450;
const sequential = 5 * debits;
const concurrent = 20 * debits;
const inFlight = 50;
const fast = { connectTimeoutMs: 2000, commandTimeoutMs: 250 };

const at = (path: string) => new URL(path, import.meta.url);
const centile = (values: number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? 0;

/** Un débit, à la façon d'une stratégie. */
type Till = (passage: string) => Promise<unknown>;

/** Débite `debits` fois en perdant une réponse sur dix, et compare chaque fois ce qui est dit à ce qui est fait. */
async function lose(
  redisUrl: string,
  name: string,
  make: (redis: Redis) => Till,
  options?: object,
): Promise<Strategy> {
  const relay = await startRelay(redisUrl);
  const admin = new Redis(redisUrl);
  const redis = options ? new Redis(relay.url, options) : connect(relay.url, fast);
  redis.on('error', () => {});
  const till = make(redis);
  const found = { name, doubled: 0, failed: 0, failedButDone: 0, p50: 0, p99: 0, afterLoss: 0 };
  const [waits, unlucky]: [number[], number[]] = [[], []];
  try {
    await admin.set('carte:{banc}', meal * debits * 10);
    for (let n = 0; n < debits; n++) {
      while (redis.status !== 'ready') await new Promise((done) => setTimeout(done, 2));
      const before = Number(await admin.get('carte:{banc}'));
      const lost = n % lossEvery === lossEvery - 1;
      if (lost) relay.cutReplies(1);
      const sent = performance.now();
      const told = await till(randomUUID()).then(
        () => true,
        () => false,
      );
      (lost ? unlucky : waits).push(performance.now() - sent);
      relay.cutReplies(0);
      const times = (before - Number(await admin.get('carte:{banc}'))) / meal;
      if (times > 1) found.doubled++;
      if (!told) found.failed++;
      if (!told && times > 0) found.failedButDone++;
    }
    return {
      ...found,
      p50: centile(waits, 0.5),
      p99: centile(waits, 0.99),
      afterLoss: centile(unlucky, 0.5),
    };
  } finally {
    redis.disconnect();
    admin.disconnect();
    relay.stop();
  }
}

/** Mesure un appel au calme : l'un après l'autre pour la latence, puis cinquante en vol pour le débit. */
async function price(admin: Redis, name: string, till: Till): Promise<Price> {
  for (let n = 0; n < sequential / 5; n++) await till(`chauffe-${n}`);
  const waits: number[] = [];
  for (let n = 0; n < sequential; n++) {
    const sent = performance.now();
    await till(`latence-${n}`);
    waits.push(performance.now() - sent);
  }
  const cpu = await serverCpu(admin);
  const start = performance.now();
  let left = concurrent;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await till(`débit-${left}`);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  return {
    name,
    p50: centile(waits, 0.5),
    p95: centile(waits, 0.95),
    p99: centile(waits, 0.99),
    perSecond: concurrent / seconds,
    serverMicroseconds: ((await serverCpu(admin)) - cpu) / concurrent,
  };
}

/** Temps processeur du fil principal de Redis, en microsecondes. */
async function serverCpu(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const read = (field: string) => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1]);
  return (read('used_cpu_user_main_thread') + read('used_cpu_sys_main_thread')) * 1e6;
}

/** Mesure tout, sur un Redis que l'on vide. */
export async function bench(redisUrl: string): Promise<Report> {
  const admin = new Redis(redisUrl);
  const card = 'carte:{banc}';
  const decrease = (redis: Redis) => () => redis.decrby(card, meal);
  const named = (redis: Redis) => (passage: string) => debitOnce(redis, 'banc', meal, passage);
  const patience = { ...defaultPatience, attempts: 5 };
  const canteen = new ReliableCanteen({ url: redisUrl }, pino({ level: 'silent' }));
  const plain = connect(redisUrl, fast);
  try {
    await admin.flushall();
    const strategies = [
      await lose(redisUrl, 'réglages d’usine d’ioredis, `DECRBY`', decrease, {}),
      await lose(redisUrl, 'aucun essai, `DECRBY`', decrease),
      await lose(
        redisUrl,
        'essais aveugles, `DECRBY`',
        (redis) => () => retry(decrease(redis), patience, { repeatable: true }),
      ),
      await lose(
        redisUrl,
        'essais prudents, `DECRBY`',
        (redis) => () => retry(decrease(redis), patience, { repeatable: false }),
      ),
      await lose(
        redisUrl,
        '**essais et passage nommé**',
        (redis) => (passage) => retry(() => named(redis)(passage), patience, { repeatable: true }),
      ),
    ];
    await admin.set(card, Number.MAX_SAFE_INTEGER);
    while (plain.status !== 'ready' || canteen.redis.status !== 'ready')
      await new Promise((done) => setTimeout(done, 5));
    // Le premier passage ne compte pas : le client n'y est pas encore compilé.
    await price(admin, 'échauffement', () => plain.ping());
    const prices = [
      await price(admin, '`DECRBY` nu', decrease(plain)),
      await price(admin, 'script, passage nommé', named(plain)),
      await price(admin, '**la garde, passage nommé**', (passage) =>
        canteen.debit('banc', meal, `g-${passage}`),
      ),
    ];
    const passageBytes = Number(await admin.memory('USAGE', 'passage:{banc}:latence-0'));
    const version = /redis_version:(\S+)/.exec(await admin.info('server'))?.[1] ?? '?';
    await admin.flushall();
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cœurs, ${Math.round(totalmem() / 2 ** 30)} Gio, charge ${loadavg()[0]?.toFixed(1)}`,
      redis: `Redis ${version}, ${new URL(redisUrl).hostname}`,
      client: `ioredis ${packageVersion()}, Node ${process.versions.node}`,
      debits,
      strategies,
      prices,
      passageBytes,
    };
  } finally {
    await canteen.shutdown(100);
    plain.disconnect();
    admin.disconnect();
  }
}

function packageVersion(): string {
  const manifest = readFileSync(at('../implementation/nodejs/package.json'), 'utf8');
  return /"ioredis": "([^"]+)"/.exec(manifest)?.[1] ?? '?';
}

const number = (value: number, digits = 0) =>
  value
    .toLocaleString('fr-FR', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replaceAll('\u202f', '\u00a0');

/** Le rapport en Markdown, tel que la page et `results.md` le montrent. */
export function markdown(report: Report): string {
  const strategies = report.strategies.map(
    (row) =>
      `| ${row.name} | ${number(row.doubled)} | ${number(row.failed)} | ${number(row.failedButDone)} | ${number(row.p50, 3)} | ${number(row.p99, 3)} | ${number(row.afterLoss, 1)} |`,
  );
  const prices = report.prices.map(
    (row) =>
      `| ${row.name} | ${number(row.p50, 3)} | ${number(row.p95, 3)} | ${number(row.p99, 3)} | ${number(row.perSecond)} | ${number(row.serverMicroseconds, 1)} |`,
  );
  return `Mesuré le ${report.date}. Machine : ${report.machine}. Serveur : ${report.redis}. Client : ${report.client}, une connexion.

Sur ${number(report.debits)} débits, l'un après l'autre, une réponse sur dix se perd après que Redis a exécuté :

| Façon de rejouer | Débités deux fois | Échecs dits à la caisse | dont débités quand même | p50 (ms) | p99 (ms) | Réponse perdue, p50 (ms) |
| --- | --: | --: | --: | --: | --: | --: |
${strategies.join('\n')}

Au calme, ${number(5 * report.debits)} appels l'un après l'autre pour la latence, sans *pipelining* ; ${number(20 * report.debits)} appels, ${inFlight} en vol, que le client regroupe de lui-même, pour le débit et le processeur :

| Débit | p50 (ms) | p95 (ms) | p99 (ms) | Débit (appels/s) | Processeur de Redis (µs) |
| --- | --: | --: | --: | --: | --: |
${prices.join('\n')}

Un passage retenu occupe ${number(report.passageBytes)} octets.`;
}

/** Écrit `results.md`, `results.json` et les tableaux de la dernière page. */
export function publish(report: Report): void {
  const body = markdown(report);
  writeFileSync(at('results.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(
    at('results.md'),
    `# Erreurs et retry : mesures\n\n${body}\n\nPour les refaire : \`npm run bench -- 09-03\`.\n`,
  );
  const page = at('../5-surveiller.mdx');
  const [begin, end] = ['{/* mesures : début */}', '{/* mesures : fin */}'];
  const source = readFileSync(page, 'utf8');
  const [from, to] = [source.indexOf(begin), source.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`5-surveiller.mdx : les marques « ${begin} » et « ${end} » manquent.`);
  writeFileSync(page, `${source.slice(0, from + begin.length)}\n\n${body}\n\n${source.slice(to)}`);
}

if (import.meta.main) publish(await bench(process.env.REDIS_URL ?? 'redis://localhost:6379'));
