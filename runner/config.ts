/** The server's configuration: read once from the environment, locked down by default. */
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { data as defaultData } from './setup/places.mjs';

/** Bounds on what learners may ask of the server; times are milliseconds, sizes bytes. */
export interface Limits {
  /** One WebSocket message. */
  message: number;
  /** The code of one cell or answer. */
  code: number;
  /** What is kept of one cell's last run. */
  keptOutput: number;
  /** Drafts of one learner. */
  drafts: number;
  /** Anonymous learners: in all, and made at once then each minute from one address. */
  learners: number;
  learnersAtOnce: number;
  learnersPerMinute: number;
  connections: number;
  connectionsPerLearner: number;
  /** Unsent bytes of a slow reader: beyond the first its terminals skip, beyond the second it is closed. */
  unsentSkips: number;
  unsentCloses: number;
  messagesAtOnce: number;
  messagesPerSecond: number;
  requestsAtOnce: number;
  requestsPerSecond: number;
  runMs: number;
  /** Runs at the same time: in all, and of one learner; and runs of one learner that wait. */
  runs: number;
  runsPerLearner: number;
  waitingRuns: number;
  /** What the runs of one learner may say, reports included: at once, then each second; beyond, the next ones wait. */
  saidAtOnce: number;
  saidPerSecond: number;
  /** Open sessions: in all, and of one learner; idle ones are closed after `sessionIdleMs`. */
  sessions: number;
  sessionsPerLearner: number;
  sessionIdleMs: number;
  /** Topologies open at the same time, one a learner; idle ones are closed after `topologyIdleMs`. */
  topologies: number;
  topologyIdleMs: number;
  terminalsPerLearner: number;
  /** Gradings at the same time before their first verdict. */
  gradings: number;
  gradingMs: number;
  attemptsAtOnce: number;
  attemptsPerMinute: number;
}

/** Everything the server can be told. */
export interface Config {
  host: string;
  port: number;
  /** The public address when a reverse proxy stands in front (`https://redis.example.org`). */
  origin: string | null;
  /** Whether `X-Forwarded-For` is to be believed. */
  behindProxy: boolean;
  /** Where everything that is kept lives. */
  data: string;
  /** `postgres://…`, or the path of the SQLite file. */
  database: string;
  /** The Unix socket that hosts connect to. */
  hostSocket: string;
  /** Folders of labs: the course's own, then the private ones of ATELIER_LABS. */
  labs: string[];
  course: string;
  site: string;
  logLevel: string;
  limits: Limits;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** The limits of a server that nobody configured. */
export function defaultLimits(cores: number = availableParallelism()): Limits {
  return {
    message: 256 * KiB,
    code: 64 * KiB,
    keptOutput: 256 * KiB,
    drafts: 2_000,
    learners: 20_000,
    learnersAtOnce: 200,
    learnersPerMinute: 20,
    connections: 2_000,
    connectionsPerLearner: 12,
    unsentSkips: 1 * MiB,
    unsentCloses: 8 * MiB,
    messagesAtOnce: 300,
    messagesPerSecond: 60,
    requestsAtOnce: 3_000,
    requestsPerSecond: 300,
    runMs: 30_000,
    runs: 8 * cores,
    runsPerLearner: 2,
    waitingRuns: 100,
    saidAtOnce: 16 * MiB,
    saidPerSecond: 512 * KiB,
    sessions: 200,
    sessionsPerLearner: 3,
    sessionIdleMs: 15 * 60_000,
    topologies: 4 * cores,
    topologyIdleMs: 3 * 60_000,
    terminalsPerLearner: 4,
    gradings: cores,
    gradingMs: 180_000,
    attemptsAtOnce: 10,
    attemptsPerMinute: 6,
  };
}

/** Reads the configuration; a value that makes no sense is an error that names it. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const root = join(import.meta.dirname, '..');
  const data = environment['ATELIER_DATA'] || defaultData;
  const origin = environment['ATELIER_ORIGIN'] || null;
  if (origin !== null && (!URL.canParse(origin) || new URL(origin).origin !== origin)) {
    throw new Error(`ATELIER_ORIGIN must be an origin such as https://redis.example.org, not ${origin}`);
  }
  const limits = defaultLimits();
  return {
    host: environment['HOST'] || '127.0.0.1',
    port: wholeNumber(environment, 'PORT', 4321, 0, 65_535),
    origin,
    behindProxy: environment['ATELIER_PROXY'] === '1',
    data,
    database: environment['DATABASE_URL'] || join(data, 'store', 'atelier.sqlite'),
    hostSocket: environment['ATELIER_HOST_SOCKET'] || join(data, 'hosts.sock'),
    labs: [join(root, 'labs'), ...(environment['ATELIER_LABS'] ?? '').split(delimiter).filter(Boolean)],
    course: join(root, 'course'),
    site: environment['ATELIER_SITE'] || join(root, 'site', 'dist'),
    logLevel: environment['ATELIER_LOG'] || 'info',
    limits: {
      ...limits,
      learners: wholeNumber(environment, 'ATELIER_LEARNERS', limits.learners, 1),
      learnersAtOnce: wholeNumber(environment, 'ATELIER_LEARNERS_AT_ONCE', limits.learnersAtOnce, 1),
      runMs: wholeNumber(environment, 'ATELIER_RUN_MS', limits.runMs, 100, 600_000),
      sessions: wholeNumber(environment, 'ATELIER_SESSIONS', limits.sessions, 1),
      sessionIdleMs: wholeNumber(environment, 'ATELIER_IDLE_MS', limits.sessionIdleMs, 1_000),
      topologies: wholeNumber(environment, 'ATELIER_TOPOLOGIES', limits.topologies, 0),
      topologyIdleMs: wholeNumber(environment, 'ATELIER_TOPOLOGY_IDLE_MS', limits.topologyIdleMs, 1_000),
    },
  };
}

function wholeNumber(
  environment: NodeJS.ProcessEnv,
  name: string,
  fallback: number,
  low: number,
  high = Number.MAX_SAFE_INTEGER,
): number {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new Error(`${name} must be a whole number from ${low} to ${high}, not ${text}`);
  }
  return value;
}
