/**
 * Les mesures du chapitre : chaque opération du classement, et ce qu'elle remplace, sur un million de joueurs, avec le
 * même client. Lancer : `REDIS_URL=… node benchmarks/bench.ts` (ou `npm run bench -- 16-03`). `BENCH_PLAYERS` et
 * `BENCH_OPERATIONS` réduisent la mesure.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { Leaderboard, scoreOf } from '../implementation/nodejs/advanced.ts';
import { ShardedBoard } from '../implementation/nodejs/sharded.ts';

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
  players: number;
  operations: number;
  rows: Row[];
  /** La même question à SQLite, dans le processus : millisecondes par demande. */
  sql: { name: string; ms: number }[];
  /** Les opérations rares, une fois chacune : millisecondes pendant lesquelles Redis ne fait rien d'autre. */
  pauses: { name: string; ms: number }[];
  bytesPerPlayer: number;
}

const players = Number(process.env.BENCH_PLAYERS ?? 1_000_000);
const concurrent = Number(process.env.BENCH_OPERATIONS ?? 40_000);
const sequential = Math.ceil(concurrent / 10);
const inFlight = 50;
const targetPerSecond = 200_000;
/** Part d'un cœur que l'on accepte d'occuper : au-delà, la file d'attente fait la latence. */
const occupancy = 0.7;

const at = (path: string) => new URL(path, import.meta.url);
const openedAt = new Date('2026-01-05T00:00:00Z');
const player = (rank: number) => `j${(rank * 7919) % players}`;
const pointsAt = (rank: number) => Math.floor(-250_000 * Math.log(1 - (rank + 0.5) / players));

type Operation = (rank: number) => Promise<unknown>;

/** Mesure une opération : l'une après l'autre pour la latence, puis cinquante en vol pour le débit. */
async function measure(redis: Redis, name: string, operation: Operation): Promise<Row> {
  const draw = () => Math.floor(Math.random() * players);
  for (let i = 0; i < sequential / 4; i++) await operation(draw());

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

/** Remplit un classement de scores composites. */
async function fill(redis: Redis, keyOf: (name: string) => string): Promise<void> {
  for (let from = 0; from < players; from += 5000) {
    const filling = redis.pipeline();
    const parts = new Map<string, (string | number)[]>();
    for (let rank = from; rank < Math.min(players, from + 5000); rank++) {
      const key = keyOf(player(rank));
      const pairs = parts.get(key) ?? [];
      pairs.push(scoreOf(pointsAt(rank), rank), player(rank));
      parts.set(key, pairs);
    }
    for (const [key, pairs] of parts) filling.zadd(key, ...pairs);
    await filling.exec();
  }
}

/** Ce que SQLite, en mémoire et dans le processus, met à répondre à la question du rang. */
function askSql(): Report['sql'] {
  const database = new DatabaseSync(':memory:');
  database.exec(
    'CREATE TABLE scores (player TEXT PRIMARY KEY, points INTEGER, at INTEGER) WITHOUT ROWID; BEGIN',
  );
  const insert = database.prepare('INSERT INTO scores VALUES (?, ?, ?)');
  for (let rank = 0; rank < players; rank++) insert.run(player(rank), pointsAt(rank), rank);
  database.exec('COMMIT; CREATE INDEX best ON scores (points DESC, at)');
  const questions: [name: string, sql: string, rounds: number][] = [
    ['les dix premiers, index', 'SELECT player FROM scores ORDER BY points DESC, at LIMIT 10', 200],
    [
      'un rang, index et `count`',
      'SELECT count(*) + 1 FROM scores WHERE points > (SELECT points FROM scores WHERE player = ?)',
      20,
    ],
    [
      'un rang, sans index : `row_number` trie',
      'SELECT rank FROM (SELECT player, row_number() OVER (ORDER BY points DESC, at) AS rank FROM scores NOT INDEXED) WHERE player = ?',
      3,
    ],
  ];
  const found = questions.map(([name, sql, rounds]) => {
    const statement = database.prepare(sql);
    const middle = player(Math.floor(players / 2));
    const start = performance.now();
    for (let n = 0; n < rounds; n++) statement.all(...(sql.includes('?') ? [middle] : []));
    return { name, ms: (performance.now() - start) / rounds };
  });
  database.close();
  return found;
}

/** Mesure tout, sur un Redis que l'on vide. */
export async function bench(redisUrl: string): Promise<Report> {
  const redis = new Redis(redisUrl);
  try {
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '?';
    await redis.flushall();
    const board = new Leaderboard(redis, 'bench', openedAt);
    const before = await usedMemory(redis);
    await fill(redis, () => board.key('all'));
    const bytesPerPlayer = ((await usedMemory(redis)) - before) / players;
    await redis.zunionstore(board.key('day'), 1, board.key('all'));
    await redis.zunionstore(board.key('week'), 1, board.key('all'));
    const four = new ShardedBoard(redis, 'bench', 4);
    await fill(redis, (name) => four.keyOf(name));

    const small = 'bench:petit';
    await redis.zrangestore(small, board.key('all'), 0, 999);
    const points = () => Math.floor(Math.random() * 500_000);
    const friends = Array.from({ length: 100 }, (_, n) => player(n * 997));
    const operations: [name: string, operation: Operation][] = [
      ['`PING` (plancher)', () => redis.ping()],
      [
        '`ZADD GT`, mille joueurs',
        (rank) => redis.call('ZADD', small, 'GT', scoreOf(points(), 0), player(rank % 1000)),
      ],
      [
        '**`ZADD GT`, une période**',
        (rank) => redis.call('ZADD', board.key('all'), 'GT', scoreOf(points(), 0), player(rank)),
      ],
      ['**`submit`, trois périodes**', (rank) => board.submit(player(rank), points())],
      ['`award`, partie marquée', (rank) => board.award(player(rank), `${rank}-${Math.random()}`, 1)],
      ['`rankOf`', (rank) => board.rankOf('all', player(rank))],
      ['`around`, sept lignes', (rank) => board.around('all', player(rank), 3)],
      ['`page`, cent lignes', () => board.page('all', 0, 100)],
      ['`among`, cent amis', () => board.among('all', friends)],
      ['quatre parts : soumettre', (rank) => four.submit(player(rank), points(), 0)],
      ['quatre parts : un rang', (rank) => four.rankOf(player(rank))],
      ['quatre parts : cent premiers', () => four.top(100)],
    ];
    // Le premier passage ne compte pas : le client n'y est pas encore compilé.
    await measure(redis, 'échauffement', () => redis.ping());
    const rows: Row[] = [];
    for (const [name, operation] of operations) rows.push(await measure(redis, name, operation));

    const pauses: Report['pauses'] = [];
    for (const [name, act] of [
      [
        '`ZUNIONSTORE` de deux classements',
        () => redis.zunionstore('bench:union', 2, board.key('day'), board.key('week'), 'AGGREGATE', 'MAX'),
      ],
      ['`UNLINK` d’un classement (libéré par un autre fil)', () => redis.unlink('bench:union')],
    ] as const) {
      const start = performance.now();
      await act();
      pauses.push({ name, ms: performance.now() - start });
    }
    await redis.flushall();
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cœurs, ${Math.round(totalmem() / 2 ** 30)} Gio, charge ${loadavg()[0]?.toFixed(1)}`,
      redis: `Redis ${version}, ${new URL(redisUrl).hostname}`,
      client: `ioredis ${packageVersion()}, Node ${process.versions.node}`,
      players,
      operations: concurrent,
      rows,
      sql: askSql(),
      pauses,
      bytesPerPlayer,
    };
  } finally {
    redis.disconnect();
  }
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
  const rest = [
    ...report.sql.map(({ name, ms }) => `| SQLite, dans le processus : ${name} | ${number(ms, 2)} |`),
    ...report.pauses.map(({ name, ms }) => `| Redis : ${name} | ${number(ms, 2)} |`),
  ];
  return `Mesuré le ${report.date}. Machine : ${report.machine}. Serveur : ${report.redis}. Client : ${report.client}, une connexion.
${number(report.players)} joueurs par classement, ${number(report.bytesPerPlayer)} octets par joueur et par classement. Latences : ${number(Math.ceil(report.operations / 10))} opérations l'une après l'autre, sans *pipelining*. Débit et processeur : ${number(report.operations)} opérations, ${inFlight} en vol, que le client regroupe de lui-même. Maîtres : pour ${number(targetPerSecond)} opérations par seconde, chaque cœur occupé à ${occupancy * 100} % au plus. Cible : un p99 de 2 ms.

| Opération | p50 (ms) | p95 (ms) | p99 (ms) | Débit (op/s) | Processeur de Redis (µs) | Maîtres pour 200 k/s |
| --- | --: | --: | --: | --: | --: | --: |
${operations.join('\n')}

La même question en SQL, et les opérations qui tiennent tout le monde à la porte :

| Opération, ${number(report.players)} joueurs | ms |
| --- | --: |
${rest.join('\n')}`;
}

/** Écrit `results.md`, `results.json` et le tableau de la page de monitoring. */
export function publish(report: Report): void {
  const body = markdown(report);
  writeFileSync(at('results.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(
    at('results.md'),
    `# Leaderboard : mesures\n\n${body}\n\nPour les refaire : \`npm run bench -- 16-03\`.\n`,
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
