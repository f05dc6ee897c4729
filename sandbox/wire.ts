/**
 * What a host and the launcher say to each other over Node's IPC channel. The launcher is root: it
 * believes nothing that is not exactly of these shapes, and no message names a path or an argv.
 */
import type { BoxExit, Job, Program, Wall } from './run.ts';

/** Host → launcher. `request` is chosen by the host and comes back with the answer. */
export type LauncherRequest =
  | { op: 'hello' }
  | { op: 'start'; request: number; job: Job }
  | { op: BoxOperation; request: number; box: string }
  | { op: 'give'; request: number; box: string; owner: string }
  | { op: 'install'; request: number; drop: string }
  | { op: 'walls'; request: number };

/** What can be asked about a box that was started. */
export type BoxOperation = 'kill' | 'freeze' | 'thaw' | 'seal' | 'usage';

/** Launcher → host. A `listener` message carries the socket handle of the box's 127.0.0.1:6379. */
export type LauncherMessage =
  | { op: 'welcome'; folder: string; programs: Program[]; redisModules: string[] }
  | { op: 'answer'; request: number; value: LauncherAnswer }
  | { op: 'refused'; request: number; code: RefusalCode; detail: string }
  | { op: 'listener'; box: string; port: number }
  | { op: 'exited'; box: string; exit: BoxExit };

/** What each operation is answered with. */
export interface LauncherAnswers {
  start: StartedBox;
  /** The sha256 of the binary. */
  install: string;
  walls: Wall[];
  usage: Usage;
  kill: null;
  freeze: null;
  thaw: null;
  give: null;
  seal: string[];
}

export type LauncherAnswer = LauncherAnswers[keyof LauncherAnswers];

/** A box that was just started, as the launcher describes it to the host. */
export interface StartedBox {
  box: string;
  uid: number;
  redisSocket: string | null;
}

/** Memory in bytes, processor time in microseconds. */
export interface Usage {
  memory: number;
  cpu: number;
}

/** Why the launcher did not do what was asked. */
export type RefusalCode =
  /** The message is not of a shape the launcher knows. */
  | 'malformed'
  /** Every slot is used or quarantined. */
  | 'full'
  /** The program's binaries are not installed on this machine. */
  | 'unavailable'
  /** No such box, or it belongs to another host. */
  | 'unknown-box'
  /** A compiled program that was never installed, was too big, or is gone. */
  | 'binary'
  /** The system refused; `detail` says what. */
  | 'system';

/** An error with a code for the other side of the wire. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  constructor(code: RefusalCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** The programs whose boxes hand out a listener on 127.0.0.1:6379. */
export const withListener: ReadonlySet<Program> = new Set(['typescript', 'python', 'go', 'terminal']);

const programs: ReadonlySet<unknown> = new Set<Program>([
  'redis',
  'topology',
  'typescript',
  'python',
  'go',
  'go-compiler',
  'terminal',
]);
const operations: ReadonlySet<unknown> = new Set<BoxOperation>(['kill', 'freeze', 'thaw', 'seal', 'usage']);

/** The request a message is, or null when it is not exactly one of the known shapes. */
export function parseRequest(message: unknown): LauncherRequest | null {
  if (!isRecord(message)) return null;
  const { op, request, job, box, drop, owner } = message;
  if (op === 'hello') return { op };
  if (!isCount(request, Number.MAX_SAFE_INTEGER)) return null;
  if (op === 'walls') return { op, request };
  if (op === 'install') return isName(drop) ? { op, request, drop } : null;
  if (op === 'start') {
    const parsed = parseJob(job);
    return parsed ? { op, request, job: parsed } : null;
  }
  if (op === 'give') return isName(box) && isOwner(owner) ? { op, request, box, owner } : null;
  return isOperation(op) && isName(box) ? { op, request, box } : null;
}

/** The job a value is, with its bounds checked: memory 16 MiB to 16 GiB, disk 1 MiB to 1 GiB. */
export function parseJob(value: unknown): Job | null {
  if (!isRecord(value)) return null;
  const { program, memory, disk, binary, ports, state, owner } = value;
  if (!isProgram(program)) return null;
  if (!isCount(memory, 16384) || memory < 16 || !isCount(disk, 1024) || disk < 1) return null;
  if (ports !== undefined && !(withListener.has(program) && isPorts(ports))) return null;
  if (state !== undefined && !(program === 'redis' && state === true)) return null;
  if (owner !== undefined && !isOwner(owner)) return null;
  const job: Job = {
    program,
    memory,
    disk,
    ...(ports !== undefined && { ports }),
    ...(state && { state }),
    ...(owner !== undefined && { owner }),
  };
  if (program !== 'go') return binary === undefined ? job : null;
  return typeof binary === 'string' && /^[0-9a-f]{64}$/.test(binary) ? { ...job, binary } : null;
}

/** At most twelve ports that need no right, each once. */
function isPorts(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > 12) return false;
  return new Set(value).size === value.length && value.every((port) => isCount(port, 32767) && port >= 1024);
}

function isProgram(value: unknown): value is Program {
  return programs.has(value);
}

function isOperation(value: unknown): value is BoxOperation {
  return operations.has(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

function isOwner(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f-]{1,36}$/.test(value);
}
