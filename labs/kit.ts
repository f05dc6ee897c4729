/**
 * The kit of a lab: the types a checker is written against, and the few pure functions it may use.
 * A checker's powers (processes, races, faults, clocks) reach it as the argument of each check, so
 * that a check reads as a story and runs nowhere but beside the boxes it judges.
 */

/**
 * Several servers for one answer, at the ports they announce: a primary (6379) and its replica (6380); a
 * primary and two replicas (6379 to 6381) with three sentinels (26379 to 26381, which call it `primaire`); a
 * cluster of three primaries and their replicas (7000 to 7005); two primaries that know nothing of each
 * other, each near one of the two processes (6379 near `learner`, 6380 near `other`).
 */
export type TopologyKind = 'replica' | 'sentinel' | 'cluster' | 'regions';

export type Language = 'typescript' | 'python' | 'go';

/** What a host needs to grade one answer. `seed` makes the run repeatable; null draws one. */
export interface AttemptRequest {
  lab: string;
  language: Language;
  code: string;
  seed: number | null;
  /** Whether to measure latency after correctness and cost. */
  latency: boolean;
}

export type CheckState = 'passed' | 'failed' | 'not-checked';
export type Visibility = 'public' | 'hidden';
export type Axis = 'correctness' | 'cost' | 'robustness' | 'latency';

/** What a sentence is made with. */
export type Data = Record<string, string | number | boolean>;

/** One command of a drawn race. `held` marks the command that waited while the others acted. */
export interface Moment {
  process: string;
  command: string;
  reply: string;
  /** Milliseconds since the race began. */
  ms: number;
  held?: boolean;
}

/** One check of an attempt. Messages are made from `code` and `data` by the server. */
export interface CheckResult {
  id: string;
  title: string;
  visibility: Visibility;
  axis: Axis;
  state: CheckState;
  points: number;
  outOf: number;
  /** Which of the check's sentences tells what happened (`lab.md` or texts/fr.ts). */
  code?: string;
  data?: Data;
  /** A race, drawn: who did what, in which order. */
  timeline?: Moment[];
}

export type VerdictClass = 'passed' | 'to-review' | 'code-error' | 'limit' | 'platform' | 'inconclusive';

export interface Verdict {
  class: VerdictClass;
  checks: CheckResult[];
  points: number;
  outOf: number;
  /** Why, for the classes that are not about checks. */
  code?: string;
  data?: Data;
  error?: { name: string; message: string; line?: number; column?: number };
  cost: Cost | null;
  latency: Latency | null;
  /** Milliseconds since the attempt reached the host, by phase. */
  phases: Record<string, number>;
  versions: { lab: string; checker: string; server: string; driver: string };
  seed: number;
}

/** Per operation, from the tap: deterministic. */
export interface Cost {
  operations: number;
  roundTrips: number;
  commands: number;
  bytes: number;
  budget: { roundTrips?: number; commands?: number; bytes?: number };
}

export interface Latency {
  state: 'passed' | 'failed' | 'inconclusive' | 'measuring';
  /** Learner over reference, medians over blocks, with bootstrap 95 % intervals. */
  ratio: {
    mean: [low: number, point: number, high: number];
    p50: [low: number, point: number, high: number];
  };
  control: [low: number, point: number, high: number];
  budget: number;
  /** Milliseconds, for the histograms. */
  learner: number[];
  reference: number[];
  runs: number;
  irregular: boolean;
  loadAverage: number;
  targetP99Ms: number | null;
}

/* --------------------------------------------------------------------------- lab.md, front matter */

/** A sentence for a learner: a fact, and what to do next; `{name}` is replaced by the datum `name`. */
export interface Sentence {
  fact: string;
  next: string;
}

/** The front matter of a lab.md. Everything has a default but `title`, `lesson`, `handlers`, `contract` and `hints`. */
export interface LabSettings {
  title: string;
  /** The lesson it belongs to (`16-05`). */
  lesson: string;
  /** Stars: 1 to 4. */
  level: number;
  kind: 'guided' | 'open';
  /** Minutes a learner needs. */
  minutes: number;
  languages: Language[];
  /** What an answer must export. */
  handlers: string[];
  /** The same as typed signatures of TypeScript, shown to the learner. */
  contract: string;
  /** The same for the other languages that the lab offers. */
  contracts: Partial<Record<Exclude<Language, 'typescript'>, string>>;
  instance: {
    memory: number;
    policy: string;
    clients: number;
    notify: string;
    slowlog: number;
    /** One server, or several nodes on loopback: see `Nodes`. */
    topology: 'single' | TopologyKind;
  };
  box: { memory: number; disk: number };
  /** How many calls one process may receive at the same time. */
  concurrency: number;
  /** A call that takes longer ends the attempt (« limite atteinte »). */
  callTimeoutMs: number;
  /** Budgets per operation of the workload. */
  cost: { points: number; roundTrips?: number; commands?: number; bytes?: number } | null;
  latency: { points: number; budget: number; roundTripMs: number; targetP99Ms: number | null } | null;
  hints: string[];
  messages: Record<string, Sentence>;
}

/* ----------------------------------------------------------------------------- what a teacher writes */

/** What the reference solution exports: `typeof import('./solution.ts')`. */
export type Answer = object;

/** The learner's handlers as a checker calls them: each call crosses the wall of a box. */
export type Process<A extends Answer> = {
  [Op in keyof A as A[Op] extends (...args: never[]) => unknown ? Op : never]: A[Op] extends (
    ...args: infer Arguments
  ) => infer Reply
    ? (...args: Arguments) => Promise<Awaited<Reply>>
    : never;
};

/** The form of a reply: it is a claim of the learner's process, so it is looked at before it is used. */
export type Shape =
  | 'boolean'
  | 'integer'
  | 'number'
  | 'text'
  | 'nothing'
  | 'anything'
  | [Shape]
  | { [field: string]: Shape }
  | { optional: Shape; [field: string]: Shape };

/** One thing an answer must do, told as a story; it fails by `must`, `fail` or an awaited handler that throws. */
export interface Check<A extends Answer> {
  /** A slug; mutants name the check that stops them by it. */
  id: string;
  /** French; learners read it for public checks only. */
  title: string;
  visibility: Visibility;
  axis: Axis;
  points: number;
  /** Checks without which this one says nothing: if one fails, this one is « non vérifié ». */
  after?: string[];
  run(powers: Powers<A>): Promise<void>;
}

/** A lab's checker: the form of every reply, and the checks in the order they run. */
export interface Checker<A extends Answer> {
  replies: Record<keyof Process<A> & string, Shape>;
  checks: Check<A>[];
}

/** One call of a workload. */
export interface Operation {
  op: string;
  args: unknown[];
}

/** One side's run of a workload: a model that knows what every reply must be. */
export interface Traffic<A extends Answer> {
  /** The next call. */
  next(): Operation;
  /** Looks at a reply with the model; fails by `must`. Times are the checker's clock, milliseconds. */
  verify(operation: Operation, reply: never, sentMs: number, answeredMs: number): void;
  /** Changes keys behind the learner's back, and tells the model; drawn at random between calls. */
  disturb?(keys: Keys): Promise<void>;
  /** Looks at the keys after a block. */
  inspect?(keys: Keys): Promise<void>;
  /** Only carries the answer's type. */
  readonly answer?: A;
}

/** A lab's workload: cost and latency are measured on it. The same random source gives both sides the same calls. */
export interface Workload<A extends Answer> {
  traffic(random: Random): Traffic<A>;
}

/* ------------------------------------------------------------------------------ powers of a checker */

/** A random source that a seed makes repeatable. */
export interface Random {
  /** An integer from `low` to `high`, both included. */
  integer: (low: number, high: number) => number;
  pick: <Value>(values: readonly Value[]) => Value;
  shuffle: <Value>(values: readonly Value[]) => Value[];
  /** A name never seen before, such as `client-k3f9a2`. */
  name: (prefix?: string) => string;
  /** True with this probability. */
  chance: (probability: number) => boolean;
}

/** A key as the checker sees it; TTL in ms (-1 none), memory in bytes. */
export interface KeyLook {
  key: string;
  type: string;
  ttlMs: number;
  memory: number;
}

/** The checker's own connection to the learner's Redis, which the learner can neither see nor cut. */
export interface Keys {
  /** Names of the keys that match, sorted. */
  find: (pattern?: string) => Promise<string[]>;
  look: (key: string) => Promise<KeyLook | null>;
  remove: (...keys: string[]) => Promise<void>;
  /** Any command but those that run a script. */
  command: (name: string, ...args: (string | number)[]) => Promise<unknown>;
}

/**
 * A race: `first` (the learner's process) is held after each of its commands in turn, and `meanwhile`
 * (the other process) acts; then the other way round, then both are held. With `event`, `meanwhile` is
 * an act of the checker's own: a key that expires, a process that dies.
 */
export interface Race<Scene, First, Meanwhile> {
  /** What stands before each schedule. */
  arrange: () => Promise<Scene>;
  first: (scene: Scene) => Promise<First>;
  meanwhile: (scene: Scene) => Promise<Meanwhile>;
  /** What must hold whatever the order; fails by `must`. */
  property: (scene: Scene, first: First, meanwhile: Meanwhile) => Promise<void> | void;
  /** What the checker's act is called in the timeline (« la clé expire »). */
  event?: string;
  /** With `event`: whether the act comes before the first command instead, so that what was computed for it is old. */
  early?: boolean;
}

/** What the wire may suffer; each lasts until `heal()`. */
export interface Faults {
  /** New connections are refused (ECONNREFUSED) and the present ones cut. */
  refuse: () => Promise<void>;
  /** The connection is cut when the k-th command that names a key arrives (1 is the next): Redis does not run it. */
  cutBefore: (k: number) => Promise<void>;
  /** The same, but Redis has run it: the caller cannot know. */
  cutAfter: (k: number) => Promise<void>;
  /** The connection is cut in the middle of the reply to the k-th command. */
  halfReply: (k: number) => Promise<void>;
  /** Replies wait. */
  stall: () => Promise<void>;
  /** Commands are answered by this error and not run. */
  answer: (error: 'LOADING' | 'READONLY' | 'OOM' | 'BUSY' | 'NOAUTH') => Promise<void>;
  heal: () => Promise<void>;
}

/** How fast a cost grows with the number of items. */
export type Order = 'O(1)' | 'O(log N)' | 'O(N)' | 'O(N²)';

/** A story told when there are a thousand, ten thousand, then a hundred thousand items. */
export interface Growth<Scene> {
  /** In growing order; three unless told otherwise. */
  sizes?: number[];
  /** Brings the items to this number. */
  arrange: (size: number) => Promise<Scene>;
  /** What is measured; told five times a size. */
  story: (scene: Scene) => Promise<unknown>;
}

/** What one telling of a story cost; `serverUs` are microseconds of Redis itself. */
export interface GrownPoint {
  size: number;
  commands: number;
  bytes: number;
  serverUs: number;
}

/** What of a story grows fastest, and how; give it to `mustGrow`. */
export interface Grown {
  order: Order;
  measure: 'commands' | 'bytes' | 'serverUs';
  points: GrownPoint[];
}

/** Calls at a rate that does not wait for the replies. */
export interface Load {
  perSecond: number;
  durationMs: number;
  operation: (rank: number) => Operation;
}

/** What came of a load. Latency runs from the time a call was meant to leave, service from when it left. */
export interface Loaded {
  asked: number;
  failed: number;
  /** Calls that came back well, per second. */
  perSecond: number;
  latencyMs: { p50: number; p95: number; p99: number; max: number };
  serviceMs: { p50: number; p95: number; p99: number; max: number };
  /** What the checker's own PINGs took, meant to leave at the same instants: how late the machine itself was. */
  machineMs: { p50: number; p95: number; p99: number; max: number };
}

/** The nodes of a topology that hold keys, by their ports. What a check breaks is mended after it. */
export interface Nodes {
  list: () => Promise<{ port: number; role: 'primary' | 'replica' | 'down' }[]>;
  /** The primary; in a cluster, the one that holds this key. */
  primary: (key?: string) => Promise<number>;
  /** Kills a node, as a power cut would. */
  kill: (port: number) => Promise<void>;
  /** Starts a killed node again: empty, as the primary's replica when there is one. */
  revive: (port: number) => Promise<void>;
  /** Stops a node's processor: its connections stay and nobody is answered, until `wake`. */
  hang: (port: number) => Promise<void>;
  wake: (port: number) => Promise<void>;
  /** Makes a replica the primary and the others its replicas: the former primary answers READONLY. */
  promote: (port: number) => Promise<void>;
  /** Kills the primary (of this key) and waits until the others have chosen one; `sentinel` and `cluster` only. */
  failover: (key?: string) => Promise<{ from: number; to: number }>;
  /** Waits until another node has taken the place of a dead or hung primary; resolves to its port. */
  successor: (former: number, key?: string) => Promise<number>;
  /** Waits until every living node is a primary, or follows one and has all that it wrote, and all agree. */
  settled: () => Promise<void>;
  /** Any command but those that run a script, on one node, with every right. */
  command: (port: number, name: string, ...args: (string | number)[]) => Promise<unknown>;
  /** The round trip between two regions, in milliseconds; null cuts the link, and nothing comes through. */
  link: (ms: number | null) => Promise<void>;
}

/** What a checker can do, besides calling the learner's handlers. */
export interface Powers<A extends Answer> {
  /** The learner's process, and another one of the same code on the same Redis. */
  learner: Process<A>;
  other: Process<A>;
  keys: Keys;
  random: Random;
  /** Kills the learner's process and starts a new one: only what is in Redis is left to it. */
  restart: () => Promise<void>;
  /** Runs every schedule of a race, and fails with a timeline on the first that breaks the property. */
  race: <Scene, First, Meanwhile>(race: Race<Scene, First, Meanwhile>) => Promise<void>;
  /** Runs a story that must be over in `ms`; if the machine was slower, again with twice the time. */
  within: <Value>(ms: number, story: (ms: number) => Promise<Value>) => Promise<Value>;
  /** Real time. */
  wait: (ms: number) => Promise<void>;
  /** The checker's clock, in milliseconds. */
  now: () => number;
  /** What Redis saw of the learner's processes while the story ran. */
  measure(
    story: () => Promise<void>,
  ): Promise<{ roundTrips: number; commands: number; bytes: number; names: string[] }>;
  /** Tells how the cost of a story grows with the number of items; only with one server. */
  growth: <Scene>(growth: Growth<Scene>) => Promise<Grown>;
  /** Calls the first process at a rate, up to the lab's `concurrency` at a time; waiting for a place counts. */
  load: (load: Load) => Promise<Loaded>;
  faults: Faults;
  /** Only for a lab whose `instance.topology` is not `single`. */
  nodes: Nodes;
}

/* ------------------------------------------------------------------------------------ pure functions */

const brand = Symbol.for('atelier-redis.failure');

/** A check that failed: the code of its sentence, and what to put in it. */
export class Failure extends Error {
  readonly code: string;
  readonly data: Data;
  readonly [brand] = true;
  timeline?: Moment[];

  constructor(code: string, data: Data = {}) {
    super(`${code} ${JSON.stringify(data)}`);
    this.name = 'Failure';
    this.code = code;
    this.data = data;
  }
}

/** Whether an error is a check's failure, even of another copy of this kit: private labs bring their own. */
export function isFailure(error: unknown): error is Failure {
  return error instanceof Error && 'code' in error && 'data' in error && brand in error;
}

/** Fails the check that runs, with the sentence `code`. */
export function fail(code: string, data: Data = {}): never {
  throw new Failure(code, data);
}

/** Fails the check that runs unless the condition holds. */
export function must(condition: boolean, code: string, data: Data = {}): asserts condition {
  if (!condition) throw new Failure(code, data);
}

/** Fails the check that runs when a cost grows faster than this; the platform has the sentences. */
export function mustGrow({ order, measure, points }: Grown, most: Order): void {
  const all: Order[] = ['O(1)', 'O(log N)', 'O(N)', 'O(N²)'];
  const [first, last] = [points[0], points[points.length - 1]];
  must(all.indexOf(order) <= all.indexOf(most), `grows-${measure}`, {
    order,
    most,
    small: first.size,
    large: last.size,
    from: Math.round(first[measure]),
    to: Math.round(last[measure]),
  });
}

/** Declares a lab's checker; the type is that of the reference solution. */
export function defineChecker<A extends Answer>(checker: Checker<A>): Checker<A> {
  return checker;
}

/** Declares a lab's workload. */
export function defineWorkload<A extends Answer>(workload: Workload<A>): Workload<A> {
  return workload;
}

/** The titles of the checks that the grader adds to a lab's own, by their ids. */
export const standardTitles = {
  workload: 'Chaque réponse est juste sous la charge',
  'after-reply': 'Le travail est fini quand la réponse part',
  'cost-round-trips': 'Allers-retours par opération',
  'cost-commands': 'Commandes par opération',
  'cost-bytes': 'Octets par opération',
  latency: 'Latence, comparée à la solution de référence',
} as const;
