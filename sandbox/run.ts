/**
 * The only door to the sandbox: a host asks for a box, gets its streams, and can stop it.
 *
 * Theory of operation. One small launcher (launcher.ts) keeps root. A host holds one IPC channel to
 * it and asks for jobs of a fixed schema; it never names an argv. For each box the launcher connects
 * back to the host's own Unix socket, once per channel, and gives these connections to the box as
 * descriptors: the launcher never reads what a box writes. A box that opens 127.0.0.1:6379 hands the
 * listening socket out over Node's IPC channel before any learner code is loaded; the launcher passes
 * it on to the host, whose tap answers there. Nothing that comes out of a box is ever trusted.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LauncherConnection } from './connection.ts';
import type { LauncherConfig } from './launcher.ts';
import type { HostPaths } from './places.ts';
import { installedPaths } from './provisions.ts';

export { GoCompiler, type Compiled } from './compile.ts';
export { SandboxError } from './connection.ts';
export {
  deskPort,
  portsOf,
  primaryName,
  topologyMemory,
  topologyNodes,
  type TopologyKind,
} from './topology.ts';
export { memoryBeyondKeys, newAdminPassword, redisConfiguration, type RedisSetting } from './redis-server.ts';

/** What a box may run; the argv of each is fixed inside the sandbox. */
export type Program =
  /** redis-server of Redis Stack; its configuration is written to `control` and ended. */
  | 'redis'
  /** Several of them and their sentinels, on loopback inside one box; speaks `TopologyRequest`/`TopologyFrame`. */
  | 'topology'
  /** The notebook kernel and the lab process of each language; speak `KernelRequest`/`KernelFrame`. */
  | 'typescript'
  | 'python'
  | 'go'
  /** Compiles one Go program; source in on `control`, length-prefixed binary or errors out. */
  | 'go-compiler'
  /** redis-cli in a PTY inside the box; speaks `TerminalRequest`/`TerminalFrame`. */
  | 'terminal';

/** A request for one box. Memory and disk are MiB. */
export interface Job {
  program: Program;
  /** Hard limit of the whole box. */
  memory: number;
  /** Size of the box's /tmp, the only place it can write. */
  disk: number;
  /** The compiled program of a Go box: a name (sha256 hex) in the launcher's folder of binaries. */
  binary?: string;
  /** The ports that a program opens on its 127.0.0.1 and hands out; 6379 alone when absent. */
  ports?: readonly number[];
  /** A redis box that begins with a saved state: what is written to `state` is its /tmp/dump.rdb. */
  state?: true;
  /** Whose it is: the boxes of one owner share a part of the processor and a ceiling of memory. 32 hex digits. */
  owner?: string;
}

/** Why a box ended: by itself, on `kill()`, out of memory, or by a signal nobody here sent. */
export interface BoxExit {
  reason: 'ended' | 'killed' | 'memory' | 'crashed';
  code: number | null;
  signal: string | null;
  /** The MiB that all boxes of its owner reached together, when that is what ended it. */
  together?: number;
}

/** One untrusted process and its children, behind every wall that stands on this machine. */
export interface Box {
  readonly id: string;
  /** The host uid of the box's slot (≥ 20000), or the operator's own without root. */
  readonly uid: number;
  /** The duplex channel of the program's protocol (descriptor 3 inside; standard input for redis). */
  readonly control: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** Where a saved state is written, then ended, before the program starts; null when none was asked for. */
  readonly state: Socket | null;
  /** The box's 127.0.0.1:6379, or the first of its ports, for programs that talk to Redis; null for the others. */
  readonly listener: Server | null;
  /** All that the box listens on, by port. */
  readonly listeners: ReadonlyMap<number, Server>;
  /** The Unix socket of a redis box, reachable by the host alone; null for the others. Those of a topology lie beside it. */
  readonly redisSocket: string | null;
  readonly exited: Promise<BoxExit>;
  /** Kills every process of the box; resolves when none is left and the slot is free again. */
  kill(): Promise<BoxExit>;
  /** Stops the processor for the box (freezer cgroup, else SIGSTOP). */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Makes it its owner's, as if it had been started so: for a box that was started before it was known whose it is. */
  give(owner: string): Promise<void>;
  /** Makes the folder of a redis box's sockets root's, so that the box cannot replace them; resolves to their names. */
  seal(): Promise<string[]>;
  /** Memory in bytes and processor time in microseconds used so far by the whole box. */
  usage(): Promise<{ memory: number; cpu: number }>;
}

/** One wall of the sandbox, whether it stands on this machine, and why not. */
export interface Wall {
  name: string;
  stands: boolean;
  why?: string;
}

/** The sandbox as a host sees it. */
export interface Sandbox {
  /** The programs that are installed on this machine. */
  readonly programs: readonly Program[];
  /** The modules of Redis Stack that were found, as `redisConfiguration` takes them. */
  readonly redisModules: readonly string[];
  start(job: Job): Promise<Box>;
  /** Keeps a compiled Go program for jobs to name; resolves to its sha256 in hex. At most 32 MiB. */
  installBinary(bytes: Uint8Array): Promise<string>;
  walls(): Promise<Wall[]>;
  /** Kills every box of this host. */
  close(): Promise<void>;
}

const launcherFile = join(dirname(fileURLToPath(import.meta.url)), 'launcher.ts');

/**
 * Opens the sandbox: through the launcher above when there is one (a trusted program), else through
 * a launcher of one's own, a child that ends with `close()` (tests, tools). `paths` are then its own;
 * what is missing of them is looked for where the set-up puts it.
 */
export async function openSandbox(paths: Partial<HostPaths> = {}): Promise<Sandbox> {
  if (process.env.ATELIER_LAUNCHER && process.send) {
    return LauncherConnection.open(process, '', async () => {});
  }
  const config: LauncherConfig = {
    user: 'atelier-redis',
    paths: { ...installedPaths(), ...paths },
    programs: [],
  };
  const privileged = process.getuid?.() === 0;
  const namespace = privileged ? ['unshare', '--mount', '--propagation', 'private'] : [];
  const argv = [...namespace, process.execPath, launcherFile, JSON.stringify(config)];
  const launcher = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(launcher, 'exit');
  const ready = await Promise.race([once(launcher, 'message').then(() => true), ended.then(() => false)]);
  if (!ready) throw new Error('the launcher did not start; it said why above');
  // Its folder is in its own mount namespace, which this process can reach through /proc.
  const root = privileged ? `/proc/${launcher.pid}/root` : '';
  return LauncherConnection.open(launcher, root, async () => {
    if (launcher.connected) launcher.disconnect();
    await ended;
  });
}

/* ------------------------------------------------------------------ what is spoken with a kernel */

/** Host → kernel, one JSON object a line on `control`. */
export type KernelRequest =
  /** Run one cell; state is kept between cells. `name` is shown in stack traces (`cellule 3`). */
  | { type: 'run'; id: string; code: string; name: string }
  /** Stop the running cell, politely first; state and connections survive. */
  | { type: 'interrupt'; id: string }
  /** Load a learner's answer to a lab as a module whose exports are handlers. */
  | { type: 'load'; code: string; name: string }
  /** Call one handler. One call at a time unless the lab declares concurrency. */
  | { type: 'call'; id: string; op: string; args: unknown[] };

/** Kernel → host, one JSON object a line on `control`. Every word of it may be forged by the learner. */
export type KernelFrame =
  | { type: 'ready' }
  | { type: 'output'; id: string; stream: 'stdout' | 'stderr'; text: string }
  | { type: 'display'; id: string; item: Display }
  /** `declares` and `reads` name what the cell gives to, and takes from, the other cells. */
  | { type: 'done'; id: string; value?: Display; hint?: Hint; declares?: string[]; reads?: string[] }
  | { type: 'failed'; id: string; error: CodeError }
  | { type: 'interrupted'; id: string }
  | { type: 'loaded'; handlers: string[] }
  | { type: 'result'; id: string; value: unknown }
  | { type: 'threw'; id: string; error: CodeError };

/** What a last value suggests to teach: it is a promise that nobody awaited. */
export type Hint = 'pending-promise';

/** An error of the learner's code, placed in the learner's own lines (1-based). */
export interface CodeError {
  name: string;
  message: string;
  line?: number;
  column?: number;
  /** The cell or file the position belongs to, when it is not the one that ran. */
  cell?: string;
  stack: { where: string; line: number; column: number; cell?: string }[];
  /** The reply code of a Redis error (`WRONGTYPE`, `NOAUTH`, …) or of a socket (`ECONNREFUSED`). */
  code?: string;
}

/** Something a cell shows. Text stays text: no field is ever used as HTML. */
export type Display =
  | { kind: 'text'; text: string }
  | { kind: 'tree'; tree: Tree }
  /** `more` counts the rows left out. */
  | { kind: 'table'; columns: string[]; rows: unknown[][]; title?: string; more?: number }
  | {
      kind: 'plot';
      title?: string;
      x: string;
      y: string;
      series: { name: string; points: [number, number][] }[];
    }
  | { kind: 'histogram'; title?: string; unit: string; series: { name: string; values: number[] }[] }
  | { kind: 'markdown'; text: string }
  | { kind: 'image'; type: string; base64: string; alternative: string };

/** A value as a folding tree; `more` counts what was left out. */
export interface Tree {
  type: string;
  text: string;
  children?: { key: string; value: Tree }[];
  more?: number;
}

/* ---------------------------------------------------------------- what is spoken with a topology */

/** Host → topology, one JSON object a line. A node is named by its port; `life` counts its starts from 0. */
export type TopologyRequest =
  /** Starts a server, or a sentinel; its socket is `<port>.<life>.sock`. `files` are written in its folder first. */
  | {
      op: 'start';
      port: number;
      /** Where it listens itself when something stands between its port and the other nodes (`link`). */
      inner?: number;
      life: number;
      sentinel: boolean;
      config: string;
      files: Record<string, string>;
    }
  | { op: 'signal'; port: number; life: number; signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' }
  /** How long a round trip to this node's port takes the other nodes, milliseconds; null lets nothing through. */
  | { op: 'link'; port: number; life: number; ms: number | null };

/** Topology → host: a node ended, with its last words; or it has been stopped by the signal it was sent; or its link is as asked. */
export type TopologyFrame =
  | { type: 'ended'; port: number; life: number; said: string }
  | { type: 'stopped'; port: number; life: number }
  | { type: 'linked'; port: number; life: number };

/* ---------------------------------------------------------------- what is spoken with a terminal */

export type TerminalRequest =
  { type: 'input'; data: string } | { type: 'resize'; columns: number; rows: number };

export type TerminalFrame = { type: 'output'; data: string } | { type: 'ended' };
