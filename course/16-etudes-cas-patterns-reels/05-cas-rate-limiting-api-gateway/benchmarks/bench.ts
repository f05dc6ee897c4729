/**
 * Les mesures du chapitre. Chaque algorithme passe par le même client, sur les mêmes clés tirées au hasard,
 * seul à seul avec Redis. Lancer : `REDIS_URL=… node benchmarks/bench.ts` (ou `npm run bench -- 16-05`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { Redis } from 'ioredis';
import { createLimiter, type Policy } from '../implementation/nodejs/advanced.ts';

/** Les mesures d'un algorithme. Temps en millisecondes, sauf le processeur, en microsecondes. */
export interface Row {
  name: string;
  p50: number;
  p95: number;
  p99: number;
  perSecond: number;
  serverMicroseconds: number;
  bytesPerClient: number;
}

export interface Report {
  date: string;
  machine: string;
  redis: string;
  client: string;
  admitted: Row[];
  refused: Row[];
}

const clients = 10_000;
const sequential = 4000;
const concurrent = 40_000;
const inFlight = 50;
const targetPerSecond = 1_000_000;
/** Part d'un cœur que l'on accepte d'occuper : au-delà, la file d'attente fait la latence. */
const occupancy = 0.7;

const at = (path: string) => new URL(path, import.meta.url);

type Check = (client: string) => Promise<unknown>;

function subjects(redis: Redis, limit: number): [name: string, check: Check][] {
  const windowMs = 10_000;
  const limiter = (policy: Policy): Check => {
    const one = createLimiter(redis, 'bench', policy);
    return (client) => one.check(client);
  };
  return [
    ['`INCR` seul (plancher)', (client) => redis.incr(`rl:{${client}}:bench`)],
    [
      '`MULTI`, `INCR`, `PEXPIRE NX`',
      (client) =>
        redis.multi().incr(`rl:{${client}}:bench`).pexpire(`rl:{${client}}:bench`, windowMs, 'NX').exec(),
    ],
    ['fenêtre fixe', limiter({ algorithm: 'fixed-window', limit, windowMs })],
    ['compteur glissant', limiter({ algorithm: 'sliding-counter', limit, windowMs })],
    ['journal glissant', limiter({ algorithm: 'sliding-log', limit, windowMs })],
    ['seau à jetons', limiter({ algorithm: 'token-bucket', capacity: limit, ratePerSecond: limit / 10 })],
  ];
}

async function measure(redis: Redis, name: string, check: Check, population: number): Promise<Row> {
  await clear(redis);
  const draw = () => `bench-${Math.floor(Math.random() * population)}`;
  for (let i = 0; i < 2000; i++) await check(draw());

  const samples: number[] = [];
  for (let i = 0; i < sequential; i++) {
    const client = draw();
    const start = performance.now();
    await check(client);
    samples.push(performance.now() - start);
  }

  const cpuBefore = await serverCpu(redis);
  const start = performance.now();
  let left = concurrent;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await check(draw());
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const serverMicroseconds = ((await serverCpu(redis)) - cpuBefore) / concurrent;

  const sorted = samples.toSorted((a, b) => a - b);
  const centile = (p: number) => sorted[Math.ceil((p / 100) * sorted.length) - 1];
  const bytesPerClient = await bytesPerKey(redis, population);
  return {
    name,
    p50: centile(50),
    p95: centile(95),
    p99: centile(99),
    perSecond: concurrent / seconds,
    serverMicroseconds,
    bytesPerClient,
  };
}

/** Temps processeur du fil principal de Redis, en microsecondes. */
async function serverCpu(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const read = (field: string) => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1]);
  return (read('used_cpu_user_main_thread') + read('used_cpu_sys_main_thread')) * 1e6;
}

/** Octets d'une clé, en moyenne sur celles des mille premiers clients qui existent. */
async function bytesPerKey(redis: Redis, population: number): Promise<number> {
  const sizes = await Promise.all(
    keysOf(Math.min(population, 1000)).map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)),
  );
  const known = sizes.filter((size) => size !== null);
  return known.reduce((sum, size) => sum + size, 0) / known.length;
}

async function clear(redis: Redis): Promise<void> {
  await redis.unlink(...keysOf(clients));
}

const keysOf = (population: number) => Array.from({ length: population }, (_, i) => `rl:{bench-${i}}:bench`);

/** Mesure tous les algorithmes : des requêtes admises d'abord, puis un seul client que l'on refuse sans fin. */
export async function bench(redisUrl: string): Promise<Report> {
  const redis = new Redis(redisUrl);
  try {
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '?';
    const admitted: Row[] = [];
    for (const [name, check] of subjects(redis, 1000))
      admitted.push(await measure(redis, name, check, clients));
    const refused: Row[] = [];
    for (const [name, check] of subjects(redis, 5).slice(2))
      refused.push(await measure(redis, name, check, 1));
    await clear(redis);
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cœurs, ${Math.round(totalmem() / 2 ** 30)} Gio, charge ${loadavg()[0]?.toFixed(1)}`,
      redis: `Redis ${version}, ${new URL(redisUrl).hostname}`,
      client: `ioredis ${packageVersion()}, Node ${process.versions.node}`,
      admitted,
      refused,
    };
  } finally {
    redis.disconnect();
  }
}

function packageVersion(): string {
  const manifest = readFileSync(at('../implementation/nodejs/package.json'), 'utf8');
  return /"ioredis": "([^"]+)"/.exec(manifest)?.[1] ?? '?';
}

/** Nœuds qu'il faudrait pour la cible du chapitre, d'après le temps processeur d'une vérification. */
export function shardsFor(row: Row): number {
  return Math.ceil((targetPerSecond * row.serverMicroseconds) / 1e6 / occupancy);
}

const number = (value: number, digits = 0) =>
  value
    .toLocaleString('fr-FR', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replaceAll('\u202f', '\u00a0');

function table(rows: Row[]): string {
  return [
    '| Algorithme | p50 (ms) | p95 (ms) | p99 (ms) | Débit (vérif./s) | Processeur de Redis (µs) | Octets par clé | Nœuds pour 1 M/s |',
    '| --- | --: | --: | --: | --: | --: | --: | --: |',
    ...rows.map((row) =>
      [
        '',
        row.name,
        number(row.p50, 3),
        number(row.p95, 3),
        number(row.p99, 3),
        number(row.perSecond),
        number(row.serverMicroseconds, 1),
        number(row.bytesPerClient),
        number(shardsFor(row)),
        '',
      ]
        .join(' | ')
        .trim(),
    ),
  ].join('\n');
}

/** Le rapport en Markdown, tel que la page et `results.md` le montrent. */
export function markdown(report: Report): string {
  return `Mesuré le ${report.date}. Machine : ${report.machine}. Serveur : ${report.redis}. Client : ${report.client}, une connexion.
Latences : ${number(sequential)} vérifications l'une après l'autre, sans *pipelining*. Débit et processeur : ${number(concurrent)} vérifications, ${inFlight} en vol, que le client regroupe de lui-même.
Nœuds : cible de ${number(targetPerSecond)} vérifications par seconde, chaque cœur occupé à ${occupancy * 100} % au plus.

Requêtes admises, ${number(clients)} clients :

${table(report.admitted)}

Requêtes refusées, un seul client très insistant :

${table(report.refused)}`;
}

/** Écrit `results.md`, `results.json` et le tableau de la page de monitoring. */
export function publish(report: Report): void {
  const text = markdown(report);
  writeFileSync(at('results.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(
    at('results.md'),
    `# Rate limiting : mesures\n\n${text}\n\nPour les refaire : \`npm run bench -- 16-05\`.\n`,
  );
  const page = at('../5-monitoring.mdx');
  const [begin, end] = ['{/* mesures : début */}', '{/* mesures : fin */}'];
  const source = readFileSync(page, 'utf8');
  const [from, to] = [source.indexOf(begin), source.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`5-monitoring.mdx : les marques « ${begin} » et « ${end} » manquent.`);
  writeFileSync(page, `${source.slice(0, from + begin.length)}\n\n${text}\n\n${source.slice(to)}`);
}

if (import.meta.main) publish(await bench(process.env.REDIS_URL ?? 'redis://localhost:6379'));
