/**
 * Les mesures du chapitre : chaque opération du magasin, et ce qu'elle remplace, sur les mêmes sessions, avec le même
 * client. Lancer : `REDIS_URL=… node benchmarks/bench.ts` (ou `npm run bench -- 16-01`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { Redis } from 'ioredis';
import { SessionStore, type Session } from '../implementation/nodejs/advanced.ts';

/** Les mesures d'une opération. Temps en millisecondes, sauf le processeur, en microsecondes. */
export interface Row {
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
  rows: Row[];
  bytes: { name: string; bytes: number }[];
}

const population = 5000;
const sequential = 4000;
const concurrent = 40_000;
const inFlight = 50;
const targetPerSecond = 100_000;
/** Part d'un cœur que l'on accepte d'occuper : au-delà, la file d'attente fait la latence. */
const occupancy = 0.7;

const at = (path: string) => new URL(path, import.meta.url);

const session: Session = {
  user: 'camille',
  device: { name: 'Firefox sur Linux', address: '203.0.113.7' },
  prefs: { locale: 'fr-FR', currency: 'EUR', theme: 'sombre' },
  cart: { 'livre-0142': 1, 'livre-0377': 2 },
  recent: ['livre-0142', 'livre-0377', 'livre-0015'],
};
const text = JSON.stringify(session);
/** Le hash n'a qu'un étage : la hiérarchie passe dans le nom des champs. */
const flat = {
  user: 'camille',
  'device.name': session.device.name,
  'device.address': session.device.address,
  ...Object.fromEntries(Object.entries(session.prefs).map(([name, value]) => [`prefs.${name}`, value])),
  ...Object.fromEntries(Object.entries(session.cart).map(([name, value]) => [`cart.${name}`, value])),
  recent: session.recent.join(','),
};

type Operation = (rank: number) => Promise<unknown>;

/** Mesure une opération : l'une après l'autre pour la latence, puis cinquante en vol pour le débit. */
async function measure(redis: Redis, name: string, operation: Operation): Promise<Row> {
  const draw = () => Math.floor(Math.random() * population);
  for (let i = 0; i < 2000; i++) await operation(draw());

  const samples: number[] = [];
  for (let i = 0; i < sequential; i++) {
    const rank = draw();
    const start = performance.now();
    await operation(rank);
    samples.push(performance.now() - start);
  }

  const cpuBefore = await serverCpu(redis);
  const start = performance.now();
  let left = concurrent;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await operation(draw());
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const serverMicroseconds = ((await serverCpu(redis)) - cpuBefore) / concurrent;

  const sorted = samples.toSorted((a, b) => a - b);
  const centile = (p: number) => sorted[Math.ceil((p / 100) * sorted.length) - 1] ?? 0;
  const [p50, p95, p99] = [centile(50), centile(95), centile(99)];
  return { name, p50, p95, p99, perSecond: concurrent / seconds, serverMicroseconds };
}

/** Temps processeur du fil principal de Redis, en microsecondes. */
async function serverCpu(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const read = (field: string) => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1]);
  return (read('used_cpu_user_main_thread') + read('used_cpu_sys_main_thread')) * 1e6;
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** Octets par session de chaque forme, clés et échéances comprises, d'après la mémoire de Redis avant et après. */
async function weigh(redis: Redis): Promise<Report['bytes']> {
  const store = new SessionStore(redis);
  const forms: [name: string, write: Operation][] = [
    ['chaîne', (n) => redis.set(`bench:s:${n}`, text, 'PX', 600_000)],
    ['hash', (n) => redis.multi().hset(`bench:h:${n}`, flat).pexpire(`bench:h:${n}`, 600_000).exec()],
    [
      'document JSON',
      (n) =>
        redis.multi().call('JSON.SET', `bench:j:${n}`, '$', text).pexpire(`bench:j:${n}`, 600_000).exec(),
    ],
    ['document JSON et index du compte', (n) => store.open(`bench-${n}`, session)],
  ];
  const weights: Report['bytes'] = [];
  for (const [name, write] of forms) {
    await redis.flushall();
    const before = await usedMemory(redis);
    for (let n = 0; n < population; n++) await write(n);
    weights.push({ name, bytes: ((await usedMemory(redis)) - before) / population });
  }
  return weights;
}

/** Mesure tout, sur un Redis que l'on vide. */
export async function bench(redisUrl: string): Promise<Report> {
  const redis = new Redis(redisUrl);
  try {
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '?';
    const bytes = await weigh(redis);
    await redis.flushall();

    const [stepped, eager] = [new SessionStore(redis), new SessionStore(redis, { stepMs: 0 })];
    const tokens: string[] = [];
    for (let n = 0; n < population; n++) {
      tokens.push(await stepped.open(`bench-${n}`, session));
      await redis.set(`bench:s:${n}`, text, 'PX', 600_000);
      await redis.hset(`bench:h:${n}`, flat);
      await redis.call('JSON.SET', `bench:j:${n}`, '$', text);
    }
    const token = (rank: number) => tokens[rank] ?? '';
    const operations: [name: string, operation: Operation][] = [
      ['`PING` (plancher)', () => redis.ping()],
      ['chaîne : `GETEX`', (n) => redis.getex(`bench:s:${n}`, 'PX', 600_000)],
      [
        'hash : `HGETALL` et `PEXPIRE`',
        (n) => redis.multi().hgetall(`bench:h:${n}`).pexpire(`bench:h:${n}`, 600_000).exec(),
      ],
      ['document : `JSON.GET` seul', (n) => redis.call('JSON.GET', `bench:j:${n}`)],
      ['**`touch`, cran de 60 s**', (n) => stepped.touch(token(n))],
      ['`touch`, sans cran', (n) => eager.touch(token(n))],
      ['chaîne : lire, modifier, `SET`', (n) => readThenWrite(redis, `bench:s:${n}`)],
      ['hash : `HINCRBY`', (n) => redis.hincrby(`bench:h:${n}`, 'cart.livre-0142', 1)],
      ['document : `addToCart`', (n) => stepped.addToCart(token(n), 'livre-0142', 1)],
      ['`open`', (n) => stepped.open(`bench-${n}`, session)],
    ];
    // Le premier passage ne compte pas : le client n'y est pas encore compilé.
    await measure(redis, 'échauffement', () => redis.ping());
    const rows: Row[] = [];
    for (const [name, operation] of operations) rows.push(await measure(redis, name, operation));
    await redis.flushall();
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cœurs, ${Math.round(totalmem() / 2 ** 30)} Gio, charge ${loadavg()[0]?.toFixed(1)}`,
      redis: `Redis ${version}, ${new URL(redisUrl).hostname}`,
      client: `ioredis ${packageVersion()}, Node ${process.versions.node}`,
      rows,
      bytes,
    };
  } finally {
    redis.disconnect();
  }
}

async function readThenWrite(redis: Redis, key: string): Promise<void> {
  const read: Session = JSON.parse((await redis.get(key)) ?? text);
  read.cart['livre-0142'] = (read.cart['livre-0142'] ?? 0) + 1;
  await redis.set(key, JSON.stringify(read), 'KEEPTTL');
}

function packageVersion(): string {
  const manifest = readFileSync(at('../implementation/nodejs/package.json'), 'utf8');
  return /"ioredis": "([^"]+)"/.exec(manifest)?.[1] ?? '?';
}

/** Maîtres qu'il faudrait pour la cible du chapitre, d'après le temps processeur d'une opération. */
export function shardsFor(row: Row): number {
  return Math.ceil((targetPerSecond * row.serverMicroseconds) / 1e6 / occupancy);
}

const number = (value: number, digits = 0) =>
  value
    .toLocaleString('fr-FR', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replaceAll('\u202f', '\u00a0');

/** Le rapport en Markdown, tel que la page et `results.md` le montrent. */
export function markdown(report: Report): string {
  const operations = report.rows.map(
    (row) =>
      `| ${row.name} | ${number(row.p50, 3)} | ${number(row.p95, 3)} | ${number(row.p99, 3)} | ${number(row.perSecond)} | ${number(row.serverMicroseconds, 1)} | ${number(shardsFor(row))} |`,
  );
  const weights = report.bytes.map(
    (form) => `| ${form.name} | ${number(form.bytes)} | ${number((form.bytes * 2e6) / 1e9, 2)} |`,
  );
  return `Mesuré le ${report.date}. Machine : ${report.machine}. Serveur : ${report.redis}. Client : ${report.client}, une connexion.
Latences : ${number(sequential)} opérations l'une après l'autre, sans *pipelining*. Débit et processeur : ${number(concurrent)} opérations, ${inFlight} en vol, que le client regroupe de lui-même. Maîtres : pour ${number(targetPerSecond)} opérations par seconde, chaque cœur occupé à ${occupancy * 100} % au plus.

| Opération | p50 (ms) | p95 (ms) | p99 (ms) | Débit (op/s) | Processeur de Redis (µs) | Maîtres pour 100 k/s |
| --- | --: | --: | --: | --: | --: | --: |
${operations.join('\n')}

Mémoire d'une session de ${text.length} octets de texte, moyenne sur ${number(population)} :

| Forme | Octets par session | Go pour deux millions |
| --- | --: | --: |
${weights.join('\n')}`;
}

/** Écrit `results.md`, `results.json` et le tableau de la page de monitoring. */
export function publish(report: Report): void {
  const body = markdown(report);
  writeFileSync(at('results.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(
    at('results.md'),
    `# Session store : mesures\n\n${body}\n\nPour les refaire : \`npm run bench -- 16-01\`.\n`,
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
