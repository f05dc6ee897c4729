/**
 * One box as the launcher holds it: a slot, its tmpfs, its cgroup and the bwrap process. Whatever
 * ends a box, `exited` resolves only when no process of it is left and the slot is free again (or in
 * quarantine).
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import type { Server, Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { boxArguments, boxDescriptors, hasSockets } from './box.ts';
import { Group, openFamily, type Family, type Hierarchies } from './cgroup.ts';
import { groupLimits, learnerLimits, temporaryOptions } from './limits.ts';
import type { Places } from './places.ts';
import { descendants, isAlive, usageOf } from './processes.ts';
import type { BoxExit, Job } from './run.ts';
import type { Slots } from './slots.ts';
import { Refusal, type Usage } from './wire.ts';

/** The launcher's state that boxes are made from. */
export interface Ground {
  privileged: boolean;
  places: Places;
  hierarchies: Hierarchies | null;
  slots: Slots;
  /** Boxes that still hold the channel on which they hand over 6379: the one thing of a box we read. */
  opening: Set<Confinement>;
  /** The first uid of the range; slot n has uid base + n. */
  base: number;
  /** The file of the system call filter. */
  filter: string;
  bwrap: string;
}

/** The connections to the host that a box gets as descriptors. */
export interface Channels {
  control: Socket;
  stdout: Socket;
  stderr: Socket;
  state?: Socket;
}

/** Told of each port that a box hands out. */
type OnListener = (listener: Server, port: number) => void;

const redisPort = 6379;
const emptyingMs = 5000;
const openingMs = 20_000;

/** Joins the cgroups named before `--`, mounts the slot's tmpfs, then becomes the rest. Nothing learner-made is in its arguments. */
const wrapper = `set -e
while [ "$1" != -- ]; do echo 0 > "$1"; shift; done
mount -t tmpfs -o "$2" tmpfs "$3"
shift 3
exec "$@"`;

export class Confinement {
  readonly uid: number;
  readonly job: Job;
  readonly exited: Promise<BoxExit>;
  readonly #ground: Ground;
  readonly #slot: number;
  readonly #folder: string;
  readonly #group: Group | null;
  readonly #child: ChildProcess;
  /** Process 1 of the box, as the machine numbers it; its death is the death of all the others. */
  #first: number | null = null;
  #owner: string | null;
  #killed = false;
  /** Whether its end is known and its group about to go. */
  #isReleased = false;

  constructor(ground: Ground, job: Job, channels: Channels, onListener: OnListener) {
    this.#ground = ground;
    this.job = job;
    this.#owner = job.owner ?? null;
    this.#slot = ground.slots.take();
    this.uid = ground.privileged ? ground.base + this.#slot : process.getuid!();
    this.#folder = join(ground.places.run, 'slots', `${this.#slot}`);
    let group: Group | null = null;
    try {
      mkdirSync(this.#temporary, { recursive: true, mode: 0o711 });
      const { hierarchies } = ground;
      if (hierarchies)
        group = new Group(hierarchies, this.#family(job.owner), `${this.#slot}`, groupLimits(job));
      this.#group = group;
      this.#child = this.#spawn(channels);
    } catch (error) {
      group?.remove();
      ground.slots.free(this.#slot);
      throw error;
    }
    this.exited = this.#supervise(onListener);
  }

  /** Where the host finds the socket of a redis box. */
  get redisSocket(): string | null {
    return hasSockets(this.job.program) ? join(this.#temporary, 'redis.sock') : null;
  }

  /** Process 1 of the box in the machine's numbers, once bwrap has made it. */
  get firstProcess(): number | null {
    return this.#first;
  }

  kill(): Promise<BoxExit> {
    this.#killed = true;
    this.#child.kill('SIGKILL');
    if (!this.#isReleased) this.#group?.kill();
    return this.exited;
  }

  async freeze(): Promise<void> {
    if (this.#group?.canFreeze) return this.#group.freeze(true);
    this.#signalAll('SIGSTOP');
  }

  async thaw(): Promise<void> {
    if (this.#group?.canFreeze) return this.#group.freeze(false);
    this.#signalAll('SIGCONT');
  }

  /** Makes it a learner's. */
  give(owner: string): void {
    if (this.#owner !== null) throw new Refusal('system', 'the box has an owner');
    this.#owner = owner;
    this.#group?.move(this.#family(owner));
  }

  /** Takes folder and sockets from the box: it can still make files beside them, not replace them. */
  async seal(): Promise<string[]> {
    if (!this.redisSocket) return [];
    const names = readdirSync(this.#temporary).filter((name) => /^[\w.-]{1,40}\.sock$/.test(name));
    if (names.length === 0) throw new Refusal('system', 'no redis socket');
    if (!this.#ground.privileged) return names;
    chownSync(this.#temporary, 0, 0);
    chmodSync(this.#temporary, 0o1777);
    for (const name of names) {
      const socket = join(this.#temporary, name);
      lchownSync(socket, 0, 0);
      // Until it was root's the box could have put anything in its place, a symbolic link included.
      if (!lstatSync(socket).isSocket()) throw new Refusal('system', 'no redis socket');
    }
    return names;
  }

  usage(): Usage {
    return this.#group?.usage() ?? usageOf(this.#child.pid!);
  }

  #family(owner?: string): Family {
    const { hierarchies, base } = this.#ground;
    return openFamily(hierarchies!, base, owner === undefined ? undefined : { owner, limits: learnerLimits });
  }

  get #temporary(): string {
    return join(this.#folder, 'tmp');
  }

  #spawn(channels: Channels): ChildProcess {
    const { privileged, places, filter, bwrap } = this.#ground;
    const inner = boxArguments(this.job, {
      places,
      temporary: privileged ? this.#temporary : null,
      socketFolder: this.#temporary,
    });
    const seccomp = openSync(filter, 'r');
    try {
      const given = { null: 'ignore', ipc: 'ipc', status: 'pipe', seccomp, ...channels } as const;
      const stdio: StdioOptions = boxDescriptors(this.job.program, this.job.state).map((name) => given[name]);
      // bwrap's own environment can be read inside the box.
      const options = { stdio, env: { PATH: '/usr/bin:/bin' }, cwd: '/' };
      if (!privileged) return spawn(bwrap, inner, options);
      const mount = [temporaryOptions(this.job, this.uid), this.#temporary];
      const outer = ['-c', wrapper, 'box', ...(this.#group?.doors ?? []), '--', ...mount];
      return spawn('/bin/sh', [...outer, ...dropTo(this.uid), '--', bwrap, ...inner], options);
    } finally {
      closeSync(seccomp);
      for (const channel of Object.values(channels)) channel.destroy();
    }
  }

  async #supervise(onListener: OnListener): Promise<BoxExit> {
    const child = this.#child;
    this.#readStatus();
    if (child.channel) this.#awaitListener(onListener);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
      child.once('error', () => resolve([null, null]));
    });
    const memory = this.#group?.ranOutOfMemory() ?? false;
    const together = memory && this.#owner !== null && this.#group!.wasWithinItsLimit;
    this.#isReleased = true;
    await this.#release();
    const exit = describeExit(code, signal, this.#killed, memory, this.job);
    return together && exit.reason === 'memory'
      ? { ...exit, together: learnerLimits.memory / 1024 / 1024 }
      : exit;
  }

  /** The opener speaks once a port, before any code of the learner; then nobody listens any more. */
  #awaitListener(onListener: OnListener): void {
    const child = this.#child;
    const { opening } = this.#ground;
    opening.add(this);
    const deadline = setTimeout(() => void this.kill(), openingMs);
    child.once('disconnect', () => {
      clearTimeout(deadline);
      opening.delete(this);
    });
    const ports = [...(this.job.ports ?? [redisPort])];
    child.on('message', (_message, handle) => {
      const port = ports.shift();
      if (handle && 'listen' in handle && port !== undefined) onListener(handle, port);
      if (ports.length === 0 && child.connected) child.disconnect();
    });
  }

  /** bwrap tells the number of the box's first process on a descriptor of its own. */
  #readStatus(): void {
    const status = this.#child.stdio[boxDescriptors(this.job.program, this.job.state).indexOf('status')];
    if (!(status instanceof Readable)) return;
    let text = '';
    status.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(0, 4096);
      this.#first ??= Number(/"child-pid": *(\d+)/.exec(text)?.[1] ?? 0) || null;
    });
    status.on('error', () => {});
  }

  async #release(): Promise<void> {
    const { slots, privileged } = this.#ground;
    const empty = this.#group ? await this.#group.empty(emptyingMs) : await this.#waitForFirst();
    const unmounted = !privileged || (await unmount(this.#temporary));
    if (!empty || !unmounted) {
      slots.quarantine(this.#slot);
      process.stderr.write(`sandbox: slot ${this.#slot} does not empty, quarantined\n`);
      return;
    }
    this.#group?.remove();
    if (existsSync(this.#folder)) rmSync(this.#folder, { recursive: true, force: true });
    slots.free(this.#slot);
  }

  /** Without a cgroup: the kernel kills a pid namespace with its first process, and reaps that one last. */
  async #waitForFirst(): Promise<boolean> {
    for (let tries = 0; tries < emptyingMs / 5; tries++) {
      if (this.#first === null || !isAlive(this.#first)) return true;
      process.kill(this.#first, 'SIGKILL');
      await wait(5);
    }
    return false;
  }

  #signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    // Twice: the first pass may miss a process that was being forked.
    for (const pid of [...this.#insiders(), ...this.#insiders()]) {
      if (isAlive(pid)) process.kill(pid, signal);
    }
  }

  #insiders(): number[] {
    return this.#first === null ? [] : descendants(this.#first);
  }
}

/** The command that gives up root for a slot's uid, for good, and dies with the launcher. */
function dropTo(uid: number): string[] {
  const identity = `--reuid ${uid} --regid ${uid} --clear-groups --no-new-privs`;
  return `setpriv ${identity} --inh-caps=-all --bounding-set=-all --pdeathsig KILL`.split(' ');
}

/** Why a box ended, from what its outer process and its cgroup say. */
export function describeExit(
  code: number | null,
  signal: NodeJS.Signals | null,
  killed: boolean,
  outOfMemory: boolean,
  job: Job,
): BoxExit {
  // bwrap reports a signal of the program inside as 128 + its number.
  const number = signal === null && code !== null && code > 128 ? code - 128 : null;
  const name = signal ?? (number === null ? null : signalName(number));
  if (killed) return { reason: 'killed', code, signal: name };
  // V8 ends itself by a trap or an abort when its heap is at its limit.
  const heap = job.program === 'typescript' && (name === 'SIGABRT' || name === 'SIGTRAP');
  if (outOfMemory || heap) return { reason: 'memory', code, signal: name };
  return { reason: name === null ? 'ended' : 'crashed', code, signal: name };
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `${number}`;
}

function unmount(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('umount', [folder], {
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    });
    child.once('error', () => resolve(false));
    // 32: it was never mounted, because the wrapper died first.
    child.once('exit', (code) => resolve(code === 0 || code === 32));
  });
}
