/**
 * What the server and a host say to each other: one JSON object a line, over one stream, whatever
 * carries it. The server never touches a box; a host never knows HTTP, French or the store.
 */
import { StringDecoder } from 'node:string_decoder';
import type { Box, BoxExit, CodeError, Display, Hint, TopologyKind, Wall } from '../../sandbox/run.ts';
import type { AttemptRequest, CheckResult, Verdict } from '../../labs/kit.ts';

export type {
  Box,
  BoxExit,
  CodeError,
  Display,
  Hint,
  TopologyKind,
  Wall,
  AttemptRequest,
  CheckResult,
  Verdict,
};

export type Language = 'typescript' | 'python' | 'go';

/** The longest message of the stream, in characters of JSON. */
export const longestMessage = 16 * 1024 * 1024;

/** A message as it travels: one JSON object and a line feed (JSON has no raw line feed of its own). */
export function encode(message: HostRequest | HostEvent): string {
  return `${JSON.stringify(message)}\n`;
}

/**
 * Turns chunks of the stream into messages, at either end. It throws on a line that is no JSON object
 * or is too long: the stream is then worth nothing and its owner ends it.
 */
export function decoder<Message extends HostRequest | HostEvent>(): (chunk: Buffer) => Message[] {
  const text = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  return (chunk) => {
    const messages: Message[] = [];
    const lines = text.write(chunk).split('\n');
    for (const [index, line] of lines.entries()) {
      length += line.length;
      if (length > longestMessage) throw new RangeError('a message of the host stream is too long');
      parts.push(line);
      if (index === lines.length - 1) break;
      const message: unknown = JSON.parse(parts.join(''));
      if (message === null || typeof message !== 'object' || !('type' in message))
        throw new TypeError('not a message of the host stream');
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both ends are ours, and of one version
      messages.push(message as Message);
      parts = [];
      length = 0;
    }
    return messages;
  };
}

/** One learner's work on one lesson: the owner of one instance and of one kernel a language. */
export type SessionId = string;

/** What a lesson or a lab declares about its Redis. Memory is MiB. */
export interface InstanceNeeds {
  memory: number;
  policy: string;
  clients: number;
  /** `notify-keyspace-events`. */
  notify: string;
  /** `slowlog-log-slower-than`, microseconds. */
  slowlog: number;
}

/** What a lesson declares about the boxes its code runs in. MiB. */
export interface BoxNeeds {
  memory: number;
  disk: number;
}

/** What a host must know of a lesson: its needs, and the commands that fill its Redis (redis-cli syntax, one a line). */
export interface LessonNeeds {
  lesson: string;
  instance: InstanceNeeds;
  box: BoxNeeds;
  seed: string;
  /** The nodes that its cells run on, instead of one instance; they begin empty. */
  topology?: TopologyKind;
}

/** A fault of the wire that the learner switches on; their code is unchanged. */
export type Fault = 'none' | 'cut' | 'timeout' | 'noauth' | 'readonly' | 'oom' | 'loading';

/** Server → host. */
export type HostRequest =
  /**
   * `state` names what is kept of its keys when it is stopped, for the next session of that name; the
   * sessions of one `owner` (32 hex digits) share a part of the machine.
   */
  | { type: 'open'; session: SessionId; needs: LessonNeeds; state?: string; owner?: string }
  | {
      type: 'run';
      session: SessionId;
      run: string;
      language: Language;
      code: string;
      /** How stack traces name it. */
      name: string;
      timeoutMs: number;
      /** Round-trip time added by the tap, milliseconds. */
      roundTripMs: number;
      fault: Fault;
      /** Whether commands are recorded (the bench turns it off to measure its price). */
      trace: boolean;
    }
  | { type: 'interrupt'; session: SessionId; run: string }
  | { type: 'restart'; session: SessionId; language: Language }
  | { type: 'reset'; session: SessionId }
  | { type: 'close'; session: SessionId }
  | { type: 'terminal-open'; session: SessionId; terminal: string; columns: number; rows: number }
  | { type: 'terminal-input'; session: SessionId; terminal: string; data: string }
  | { type: 'terminal-resize'; session: SessionId; terminal: string; columns: number; rows: number }
  | { type: 'terminal-close'; session: SessionId; terminal: string }
  | { type: 'keys'; session: SessionId; request: string; pattern: string; cursor: string }
  | { type: 'key'; session: SessionId; request: string; key: string }
  | { type: 'grade'; attempt: string; request: AttemptRequest }
  | { type: 'cancel'; attempt: string }
  | { type: 'status'; request: string };

/** Host → server. */
export type HostEvent =
  | { type: 'hello'; host: string; pid: number; role: 'cells' | 'grading' }
  /** Follows `hello`: what the Redis of this host says of its commands. */
  | { type: 'commands'; commands: CommandHelp[] }
  | { type: 'status'; request: string; status: HostStatus }
  /** `unsaved`: what it holds cannot be kept (`frozen`), or was not when it was last stopped (`ready`). */
  | { type: 'instance'; session: SessionId; state: InstanceState; why?: InstanceLoss; unsaved?: Unsaved }
  /** Answers `close`, when nothing of the session runs any more. */
  | { type: 'closed'; session: SessionId; unsaved?: Unsaved }
  | { type: 'kernel'; session: SessionId; language: Language; state: KernelState; why?: BoxExit }
  | { type: 'run-started'; session: SessionId; run: string }
  /** `truncated` marks the last text of a stream that said more than it may (64 KiB a run). */
  | {
      type: 'output';
      session: SessionId;
      run: string;
      stream: 'stdout' | 'stderr';
      text: string;
      truncated?: true;
    }
  | { type: 'display'; session: SessionId; run: string; item: Display }
  | { type: 'run-ended'; session: SessionId; run: string; report: RunReport }
  | { type: 'terminal-output'; session: SessionId; terminal: string; data: string }
  | { type: 'terminal-ended'; session: SessionId; terminal: string; why?: BoxExit }
  | { type: 'keys'; session: SessionId; request: string; keys: KeySummary[]; cursor: string; total: number }
  | { type: 'key'; session: SessionId; request: string; key: KeyContent | null }
  | { type: 'check'; attempt: string; check: CheckResult }
  /** Correctness and cost are known; latency may follow (`final: false`), then the same verdict again. */
  | { type: 'verdict'; attempt: string; verdict: Verdict; final: boolean }
  /** Between the two, while another attempt is timed: how many come before this one, itself included; 0 when its turn has come. */
  | { type: 'timing'; attempt: string; place: number }
  /** The host could not do what was asked; `code` is translated by the server. */
  | {
      type: 'refused';
      session?: SessionId;
      run?: string;
      attempt?: string;
      request?: string;
      code: string;
      data: Data;
    };

export type Data = Record<string, string | number | boolean>;

export interface HostStatus {
  redis: { version: string; modules: { name: string; version: string }[] };
  walls: Wall[];
  sessions: number;
  instances: number;
  kernels: { warm: number; used: number };
  /** Languages whose kernels this host can start. */
  languages: Language[];
}

/** What a server says of one of its commands or subcommands; a module says little more than its name. */
export interface CommandHelp {
  /** `SET`, `XGROUP CREATE`. */
  name: string;
  /** How many words it takes, its own included; a negative one is a minimum. */
  arity: number;
  writes: boolean;
  summary: string;
  since: string;
  /** `string`, `sorted-set`, …, or the name of its module. */
  group: string;
  complexity: string;
  /** `key value [NX | XX]`. */
  syntax: string;
  /** The version that deprecated it. */
  deprecated: string;
}

export type InstanceState = 'starting' | 'ready' | 'frozen' | 'lost' | 'stopped';
export type KernelState = 'starting' | 'idle' | 'busy' | 'dead';

/** What killed an instance, and what went with it. */
export interface InstanceLoss {
  cause: 'memory' | 'hang' | 'crash' | 'reset' | 'idle';
  keysLost: number | null;
  /** What all that runs for this learner reached, not this instance alone. */
  together?: true;
}

/** Why what an instance holds is not kept: it is larger than so many MiB, or its server does not give it. */
export interface Unsaved {
  why: 'too-large' | 'unreadable';
  limit: number;
}

/** How a run ended, and whose fault it is. The first cause wins. */
export type Outcome =
  | { class: 'done'; value?: Display; hint?: Hint }
  | { class: 'code-error'; error: CodeError }
  | { class: 'interrupted' }
  | {
      class: 'limit';
      limit: 'time' | 'memory' | 'output' | 'processes' | 'code';
      amount: number;
      unit: 'ms' | 'MiB' | 'KiB' | 'processes';
      /** What all that runs for this learner reached, not this program alone. */
      together?: true;
    }
  /** The kernel ended by itself (`process.exit`, a crash); state is lost. */
  | { class: 'kernel-ended'; exit: BoxExit }
  | { class: 'platform'; code: string; data: Data };

export interface RunReport {
  outcome: Outcome;
  durationMs: number;
  trace: Trace;
  keyspace: KeyspaceDifference;
  /** Milliseconds since the host received the run: kernel ready, first output, last frame… */
  phases: Record<string, number>;
  /** Names the cell declares, and those it takes from other cells, for stale marks. */
  declares?: string[];
  reads?: string[];
}

/** What Redis saw of one run. Times are milliseconds from the start of the run. */
export interface Trace {
  roundTrips: number;
  commands: number;
  errors: number;
  /** Time during which at least one command awaited its reply. */
  redisMs: number;
  bytesIn: number;
  bytesOut: number;
  connections: number;
  /** The first 2,000 commands. */
  list: TraceCommand[];
  /** By command name, over all of them. */
  totals: { name: string; count: number; ms: number; bytes: number }[];
  findings: Finding[];
}

export interface TraceCommand {
  name: string;
  /** The command as it would be typed, cut at 200 characters. */
  text: string;
  keys: string[];
  argumentBytes: number;
  replyBytes: number;
  replyKind:
    | 'status'
    | 'error'
    | 'integer'
    | 'bulk'
    | 'null'
    | 'array'
    | 'map'
    | 'set'
    | 'double'
    | 'boolean'
    | 'big'
    | 'push'
    | 'none';
  /** The reply, cut at 200 characters. */
  reply: string;
  startMs: number;
  durationMs: number;
  roundTrip: number;
  connection: number;
  /** The port of the node it went to, where there are several. */
  node?: number;
}

/** An anti-pattern recognised in a trace: its id, what was measured, and the commands it concerns. */
export interface Finding {
  id: string;
  data: Data;
  commands: number[];
}

export interface KeyspaceDifference {
  created: KeySummary[];
  /** `before` is null when nobody had looked at the key (more than 1,000 of them before the run). */
  changed: { before: KeySummary | null; after: KeySummary }[];
  deleted: KeySummary[];
  /** Keys that changed beyond the 200 that are looked at. */
  more: number;
  /** Nobody looked: several nodes hold the keys. */
  unseen?: true;
}

/** One key: TTL in ms (-1 none), memory in bytes, length in items or bytes. */
export interface KeySummary {
  key: string;
  type: string;
  ttlMs: number;
  memory: number;
  length: number;
  content?: KeyContent['content'];
}

/** A look inside a key, at most 100 items of at most 200 characters. */
export interface KeyContent extends KeySummary {
  content:
    | { kind: 'string'; text: string }
    | { kind: 'pairs'; pairs: [string, string][] }
    | { kind: 'items'; items: string[] }
    | { kind: 'scores'; members: [string, number][] }
    | { kind: 'stream'; entries: { id: string; fields: [string, string][] }[] }
    | { kind: 'json'; text: string }
    | { kind: 'series'; points: [number, number][] }
    | { kind: 'opaque'; text: string };
}
