/**
 * Les mesures du chapitre : lire avec et sans étiquettes, la requête SQL, la ruée, les politiques d'éviction et la place.
 * Lancer : `REDIS_URL=… node benchmarks/bench.ts` (ou `npm run bench -- 16-06`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { gzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { QueryCache, type Recipe } from '../implementation/nodejs/advanced.ts';
import { cached } from '../implementation/nodejs/basic.ts';
import { Database } from '../implementation/nodejs/database.ts';
import { bestSellers, cities, type BestSeller } from '../implementation/nodejs/sales.ts';
import { startTwin } from '../implementation/nodejs/twin.ts';

/** Une opération mesurée. Temps en millisecondes, sauf le processeur de Redis, en microsecondes ; 0 s'il ne sert pas. */
export interface Row {
  name: string;
  p50: number;
  p95: number;
  p99: number;
  perSecond: number;
  serverMicroseconds: number;
}
/** Une ruée de cinquante lecteurs sur deux connexions. */
export interface Stampede {
  name: string;
  queries: number;
  lastMs: number;
}
/** Le taux de succès d'une politique, de 0 à 1 : par part de mémoire, après une lecture de tout, après un changement de goûts. */
export interface Policy {
  name: string;
  ratios: number[];
  afterScan: number;
  afterShift: number;
}
export interface Report {
  date: string;
  machine: string;
  redis: string;
  client: string;
  rows: Row[];
  stampedes: Stampede[];
  policies: Policy[];
  bytes: { name: string; bytes: number }[];
}

const sequential = 2000;
const concurrent = 20_000;
const inFlight = 50;
const targetPerSecond = 20_000;
/** Part d'un cœur que l'on accepte d'occuper : au-delà, la file d'attente fait la latence. */
const occupancy = 0.7;
const names = 4000;
const size = 2000;
const shares = [0.1, 0.25, 0.5];
const warmDraws = 12_000;
const measuredDraws = 4000;

const at = (path: string) => new URL(path, import.meta.url);

function summary(name: string, samples: number[], perSecond: number, serverMicroseconds: number): Row {
  const sorted = samples.toSorted((a, b) => a - b);
  const centile = (p: number) => sorted[Math.ceil((p / 100) * sorted.length) - 1] ?? 0;
  return { name, p50: centile(50), p95: centile(95), p99: centile(99), perSecond, serverMicroseconds };
}

/** Mesure une opération : l'une après l'autre pour la latence, puis cinquante en vol pour le débit. */
async function measure(
  redis: Redis,
  name: string,
  operation: (rank: number) => Promise<unknown>,
): Promise<Row> {
  for (let i = 0; i < 500; i++) await operation(i);
  const samples: number[] = [];
  for (let i = 0; i < sequential; i++) {
    const start = performance.now();
    await operation(i);
    samples.push(performance.now() - start);
  }
  const cpuBefore = await serverCpu(redis);
  const start = performance.now();
  let left = concurrent;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await operation(left);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  return summary(name, samples, concurrent / seconds, ((await serverCpu(redis)) - cpuBefore) / concurrent);
}

/** Mesure la requête SQL : l'une après l'autre, dans le fil de la base. */
async function measureSql(database: Database, name: string): Promise<Row> {
  const samples: number[] = [];
  for (let i = 0; i < 40; i++) {
    const start = performance.now();
    await database.ask(bestSellers, i % cities.length, 365);
    samples.push(performance.now() - start);
  }
  return summary(name, samples, 40_000 / samples.reduce((sum, value) => sum + value, 0), 0);
}

/** Temps processeur du fil principal de Redis, en microsecondes. */
async function serverCpu(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const read = (field: string) => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1]);
  return (read('used_cpu_user_main_thread') + read('used_cpu_sys_main_thread')) * 1e6;
}

const used = async (redis: Redis) => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);

/** Cinquante lecteurs, deux serveurs, une entrée absente. */
async function stampede(
  database: Database,
  redises: Redis[],
  name: string,
  read: (redis: Redis) => Promise<unknown>,
): Promise<Stampede> {
  await redises[0]?.flushall();
  const before = database.queries;
  const start = performance.now();
  const served = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const redis = redises[n % redises.length];
      if (redis) await read(redis);
      return performance.now() - start;
    }),
  );
  return { name, queries: database.queries - before, lastMs: Math.max(...served) };
}

/** Un trafic de Zipf, la même suite pour toutes les politiques. */
function zipf(): () => number {
  const cumulated: number[] = [];
  let total = 0;
  for (let rank = 0; rank < names; rank++) cumulated.push((total += 1 / (rank + 1)));
  let seed = 42;
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    const point = (seed / 2_147_483_648) * total;
    let [low, high] = [0, names - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] ?? 0) < point) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Lit ces noms par paquets, range les absents, et rend la part des présents. */
async function play(redis: Redis, ranks: number[]): Promise<number> {
  const filler = 'x'.repeat(size);
  let hits = 0;
  for (let from = 0; from < ranks.length; from += 100) {
    const batch = ranks.slice(from, from + 100);
    const reading = redis.pipeline();
    for (const rank of batch) reading.touch(`m:${rank}`);
    const found = ((await reading.exec()) ?? []).map(([, count]) => count === 1);
    hits += found.filter((hit) => hit).length;
    const writing = redis.pipeline();
    for (const [n, rank] of batch.entries()) {
      // Des échéances entre une demi-heure et une heure : volatile-ttl a de quoi choisir.
      if (!found[n]) writing.set(`m:${rank}`, filler, 'PX', 1_800_000 + ((rank * 7919) % 1_800_000));
    }
    await writing.exec(); // noeviction refuse : c'est ce que l'on mesure
  }
  return hits / ranks.length;
}

async function comparePolicies(): Promise<Policy[]> {
  const twin = await startTwin();
  const redis = twin.admin();
  try {
    await redis.config('SET', 'maxmemory-samples', '5');
    await play(
      redis,
      Array.from({ length: names }, (_, rank) => rank),
    );
    const filled = await used(redis);
    await redis.flushall();
    const empty = await used(redis);
    const policies: Policy[] = [];
    for (const name of ['noeviction', 'allkeys-random', 'volatile-ttl', 'allkeys-lru', 'allkeys-lfu']) {
      const ratios: number[] = [];
      let [afterScan, afterShift] = [0, 0];
      for (const share of shares) {
        await redis.flushall();
        await redis.config('SET', 'maxmemory-policy', name);
        await redis.config('SET', 'maxmemory', String(Math.round(empty + share * (filled - empty))));
        const draw = zipf();
        const draws = (count: number) => Array.from({ length: count }, draw);
        await play(redis, draws(warmDraws));
        ratios.push(await play(redis, draws(measuredDraws)));
        if (share !== shares[1]) continue;
        await play(
          redis,
          Array.from({ length: names }, (_, rank) => rank),
        );
        afterScan = await play(redis, draws(measuredDraws / 4));
        const shifted = (count: number) => draws(count).map((rank) => (rank + names / 2) % names);
        await play(redis, shifted(measuredDraws));
        afterShift = await play(redis, shifted(measuredDraws));
      }
      policies.push({ name, ratios, afterScan, afterShift });
    }
    return policies;
  } finally {
    await twin.stop();
  }
}

/** Mesure tout, sur un Redis que l'on vide. */
export async function bench(redisUrl: string): Promise<Report> {
  const [redis, second] = [new Redis(redisUrl), new Redis(redisUrl)];
  const database = await Database.open();
  try {
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '?';
    const rows = [await measureSql(database, 'SQL, sans index')];
    const recipe = (city: number): Recipe<BestSeller[]> => ({
      key: `q:palmares:city=${city}&days=365`,
      tags: [`ville:${city}`, 'catalogue'],
      load: () => database.ask<BestSeller>(bestSellers, city, 365),
    });
    const stampedes = [
      await stampede(database, [redis, second], 'étape 1', (one) =>
        cached(one, 'q:ruee', 60_000, () => database.ask(bestSellers, 1, 365)),
      ),
    ];
    const caches = new Map([redis, second].map((one) => [one, new QueryCache(one)]));
    stampedes.push(
      await stampede(database, [redis, second], 'étape 2', async (one) => caches.get(one)?.get(recipe(1))),
    );
    await database.ask('CREATE INDEX covering ON sales (city, day, book, quantity)');
    rows.push(await measureSql(database, 'SQL, index couvrant'));

    await redis.flushall();
    const cache = new QueryCache(redis, { freshMs: 3_600_000 });
    await cache.warm(cities.map((_, city) => recipe(city)));
    const key = (n: number) => recipe(n % cities.length).key;
    const tags = (n: number) => [`tag:ville:${n % cities.length}`, 'tag:catalogue'];
    // Le premier passage ne compte pas : le client n'y est pas encore compilé.
    await measure(redis, 'échauffement', () => redis.ping());
    rows.push(await measure(redis, '`PING` (plancher)', () => redis.ping()));
    rows.push(await measure(redis, '`GET`, sans étiquette', (n) => redis.get(key(n))));
    rows.push(await measure(redis, '`MGET`, deux étiquettes', (n) => redis.mget(key(n), ...tags(n))));
    rows.push(await measure(redis, '**`get`, entrée fraîche**', (n) => cache.get(recipe(n % cities.length))));
    rows.push(await measure(redis, '`invalidate`, une étiquette', (n) => cache.invalidate(`absente:${n}`)));

    const texts = await Promise.all(cities.map(async (_, city) => (await redis.get(key(city))) ?? ''));
    await redis.flushall();
    const bytes: Report['bytes'] = [];
    for (const [name, pack] of [
      ['texte', (text: string) => Buffer.from(text)],
      ['gzip', (text: string) => gzipSync(text)],
    ] as const) {
      const before = await used(redis);
      for (let n = 0; n < 800; n++)
        await redis.set(`b:${name}:${n}`, pack(texts[n % texts.length] ?? ''), 'PX', 600_000);
      bytes.push({ name, bytes: ((await used(redis)) - before) / 800 });
    }
    await redis.flushall();
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cœurs, ${Math.round(totalmem() / 2 ** 30)} Gio, charge ${loadavg()[0]?.toFixed(1)}`,
      redis: `Redis ${version}, ${new URL(redisUrl).hostname}`,
      client: `ioredis ${packageVersion()}, Node ${process.versions.node}, SQLite dans un fil`,
      rows,
      stampedes,
      policies: await comparePolicies(),
      bytes,
    };
  } finally {
    redis.disconnect();
    second.disconnect();
    await database.close();
  }
}

function packageVersion(): string {
  const manifest = readFileSync(at('../implementation/nodejs/package.json'), 'utf8');
  return /"ioredis": "([^"]+)"/.exec(manifest)?.[1] ?? '?';
}

/** Ce qu'il faudrait pour la cible : des cœurs de base pour une requête SQL, des maîtres pour une opération de Redis. */
export function neededFor(row: Row): number {
  const microseconds = row.serverMicroseconds || 1e6 / row.perSecond;
  return Math.ceil((targetPerSecond * microseconds) / 1e6 / occupancy);
}

const number = (value: number, digits = 0) =>
  value
    .toLocaleString('fr-FR', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replaceAll('\u202f', '\u00a0');
const percent = (ratio: number) => number(100 * ratio, 1);

/** Le rapport en Markdown, tel que la page et `results.md` le montrent. */
export function markdown({ date, machine, redis, client, rows, stampedes, policies, bytes }: Report): string {
  const operations = rows.map(
    (row) =>
      `| ${row.name} | ${number(row.p50, 3)} | ${number(row.p95, 3)} | ${number(row.p99, 3)} | ${number(row.perSecond)} | ${row.serverMicroseconds ? number(row.serverMicroseconds, 1) : '—'} | ${number(neededFor(row))} |`,
  );
  return `Mesuré le ${date}. Machine : ${machine}. Serveur : ${redis}. Client : ${client}, une connexion.
Latences : ${number(sequential)} opérations l'une après l'autre, sans *pipelining* (40 pour SQL). Débit et processeur : ${number(concurrent)} opérations, ${inFlight} en vol, que le client regroupe de lui-même. Dernière colonne : les cœurs de base, ou les maîtres de Redis, qu'il faudrait pour ${number(targetPerSecond)} lectures par seconde, chacun occupé à ${occupancy * 100} % au plus. Cible : p99 sous 20 ms.

| Opération | p50 (ms) | p95 (ms) | p99 (ms) | Débit (op/s) | Processeur de Redis (µs) | Pour 20 k/s |
| --- | --: | --: | --: | --: | --: | --: |
${operations.join('\n')}

Cinquante lecteurs, deux serveurs, une entrée absente :

| Code | Requêtes SQL | Dernier servi (ms) |
| --- | --: | --: |
${stampedes.map((one) => `| ${one.name} | ${one.queries} | ${number(one.lastMs)} |`).join('\n')}

Taux de succès (%) d'un même trafic de Zipf sur ${number(names)} résultats de ${number(size)} octets, selon la part de mémoire qu'on leur laisse ; puis, à ${percent(shares[1] ?? 0).replace(',0', '')} %, juste après une lecture de tout, et quelques milliers de lectures après un changement de goûts :

| Politique | ${shares.map((share) => `${number(100 * share)} %`).join(' | ')} | lecture de tout | autres goûts |
| --- | ${shares.map(() => '--:').join(' | ')} | --: | --: |
${policies.map((one) => `| \`${one.name}\` | ${one.ratios.map(percent).join(' | ')} | ${percent(one.afterScan)} | ${percent(one.afterShift)} |`).join('\n')}

Mémoire d'une entrée, clé et échéance comprises : ${bytes.map((one) => `${number(one.bytes)} octets en ${one.name}`).join(', ')}.`;
}

/** Écrit `results.md`, `results.json` et le tableau de la page de monitoring. */
export function publish(report: Report): void {
  const body = markdown(report);
  writeFileSync(at('results.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(
    at('results.md'),
    `# Cache de résultats SQL : mesures\n\n${body}\n\nPour les refaire : \`npm run bench -- 16-06\`.\n`,
  );
  const page = at('../5-monitoring.mdx');
  const [begin, end] = ['{/* mesures : début */}', '{/* mesures : fin */}'];
  const source = readFileSync(page, 'utf8');
  const [from, to] = [source.indexOf(begin), source.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`5-monitoring.mdx : les marques « ${begin} » et « ${end} » manquent.`);
  writeFileSync(page, `${source.slice(0, from + begin.length)}\n\n${body}\n\n${source.slice(to)}`);
}

if (import.meta.main) publish(await bench(process.env.REDIS_URL ?? 'redis://localhost:6379'));
