/** The host's side of the launcher: requests out, answers, streams and listeners in. */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Box, BoxExit, Job, Program, Sandbox, Wall } from './run.ts';
import {
  withListener,
  type BoxOperation,
  type LauncherAnswer,
  type LauncherAnswers,
  type LauncherMessage,
  type LauncherRequest,
  type RefusalCode,
} from './wire.ts';

/** The sandbox did not do what was asked: the launcher's code, or `lost` when a box died while it was being opened. */
export class SandboxError extends Error {
  readonly code: RefusalCode | 'lost' | 'closed';
  constructor(code: SandboxError['code'], detail: string) {
    super(detail);
    this.name = 'SandboxError';
    this.code = code;
  }
}

/** Either end of an IPC channel: our own, towards the launcher above, or that of one we started. */
export type Channel = NodeJS.Process | ChildProcess;

const headerBytes = 256;

interface Waiting {
  resolve: (value: LauncherAnswer) => void;
  reject: (error: Error) => void;
}

interface Arrival {
  control?: Socket;
  stdout?: Socket;
  stderr?: Socket;
  state?: Socket;
}

/** A box between its first stream and its last: what has come in so far, and who waits for the rest. */
class Arrivals {
  readonly parts: Arrival = {};
  readonly listeners = new Map<number, Server>();
  readonly exited = Promise.withResolvers<BoxExit>();
  gone = false;
  wake: () => void = () => {};

  add(part: Arrival): void {
    Object.assign(this.parts, part);
    this.wake();
  }

  async complete(listeners: number, hasState: boolean): Promise<Required<Omit<Arrival, 'state'>> & Arrival> {
    for (;;) {
      const { control, stdout, stderr, state } = this.parts;
      const ready = control && stdout && stderr && (state || !hasState) && this.listeners.size >= listeners;
      if (ready) return { ...this.parts, control, stdout, stderr };
      if (this.gone) throw new SandboxError('lost', await this.#lastWords());
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async #lastWords(): Promise<string> {
    const { reason, code, signal } = await this.exited.promise;
    const text = `${this.parts.stderr?.setEncoding('utf8').read() ?? ''}`.trim().slice(0, 2000);
    return `the box ended before it was ready (${reason}, ${signal ?? code})${text && `: ${text}`}`;
  }
}

/** A host's hold on the launcher. */
export class LauncherConnection implements Sandbox {
  readonly #channel: Channel;
  readonly #requests = new Map<number, Waiting>();
  readonly #arrivals = new Map<string, Arrivals>();
  readonly #streams: Server;
  readonly #end: () => Promise<void>;
  #root = '';
  #folder = '';
  #nextRequest = 1;
  #closed = false;
  #welcome = Promise.withResolvers<Extract<LauncherMessage, { op: 'welcome' }>>();
  programs: readonly Program[] = [];
  redisModules: readonly string[] = [];

  private constructor(channel: Channel, end: () => Promise<void>) {
    this.#channel = channel;
    this.#end = end;
    this.#streams = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    );
    channel.on('message', (message: LauncherMessage, handle: unknown) => this.#receive(message, handle));
    channel.on('disconnect', () => this.#lose());
  }

  /** `root` is where this process sees the launcher's file system; `end` is called by `close()`. */
  static async open(channel: Channel, root: string, end: () => Promise<void>): Promise<LauncherConnection> {
    const connection = new LauncherConnection(channel, end);
    connection.#root = root;
    connection.#say({ op: 'hello' });
    const { folder, programs, redisModules } = await connection.#welcome.promise;
    connection.programs = programs;
    connection.redisModules = redisModules;
    connection.#folder = root + folder;
    const path = join(connection.#folder, 'boxes.sock');
    rmSync(path, { force: true });
    connection.#streams.listen(path);
    await once(connection.#streams, 'listening');
    connection.#streams.unref();
    return connection;
  }

  async start(job: Job): Promise<Box> {
    const { box, uid, redisSocket } = await this.#ask({ op: 'start', request: 0, job });
    const arrivals = this.#arrivalsOf(box);
    const expected = withListener.has(job.program) ? (job.ports?.length ?? 1) : 0;
    const { control, stdout, stderr, state } = await arrivals.complete(expected, job.state === true);
    const { listeners } = arrivals;
    const operate = <Op extends BoxOperation>(op: Op): Promise<LauncherAnswers[Op]> =>
      arrivals.gone
        ? Promise.reject(new SandboxError('unknown-box', 'the box has ended'))
        : this.#ask({ op, request: 0, box });
    const exited = arrivals.exited.promise;
    void exited.then(() => {
      for (const listener of listeners.values()) listener.close();
    });
    return {
      id: box,
      uid,
      control,
      stdout,
      stderr,
      state: state ?? null,
      listener: listeners.values().next().value ?? null,
      listeners,
      redisSocket: redisSocket && this.#root + redisSocket,
      exited,
      kill: async () => {
        // A box that ended while the request was on its way is as dead as one that was killed.
        await operate('kill').catch((error: unknown) => {
          if (!(error instanceof SandboxError && error.code === 'unknown-box')) throw error;
        });
        return exited;
      },
      freeze: async () => void (await operate('freeze')),
      thaw: async () => void (await operate('thaw')),
      give: async (owner) => {
        if (arrivals.gone) throw new SandboxError('unknown-box', 'the box has ended');
        await this.#ask({ op: 'give', request: 0, box, owner });
      },
      seal: () => operate('seal'),
      usage: () => operate('usage'),
    };
  }

  async installBinary(bytes: Uint8Array): Promise<string> {
    const drop = randomBytes(16).toString('hex');
    await writeFile(join(this.#folder, drop), bytes, { mode: 0o600 });
    return this.#ask({ op: 'install', request: 0, drop });
  }

  async walls(): Promise<Wall[]> {
    return this.#ask({ op: 'walls', request: 0 });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const boxes = [...this.#arrivals].filter(([, arrivals]) => !arrivals.gone);
    await Promise.all(
      boxes.map(([box, arrivals]) => {
        this.#say({ op: 'kill', request: 0, box });
        return arrivals.exited.promise;
      }),
    );
    this.#closed = true;
    this.#streams.close();
    await this.#end();
  }

  #ask<Op extends keyof LauncherAnswers>(
    request: LauncherRequest & { op: Op; request: number },
  ): Promise<LauncherAnswers[Op]> {
    if (this.#closed) return Promise.reject(new SandboxError('closed', 'the sandbox is closed'));
    const number = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      // The launcher answers an operation with its own kind of value: it is as trusted as we are.
      this.#requests.set(number, { resolve: (value) => resolve(value as LauncherAnswers[Op]), reject });
      this.#say({ ...request, request: number });
    });
  }

  #say(request: LauncherRequest): void {
    if (this.#channel.connected) this.#channel.send!(request);
  }

  #receive(message: LauncherMessage, handle: unknown): void {
    switch (message.op) {
      case 'welcome':
        this.#welcome.resolve(message);
        break;
      case 'answer':
        this.#take(message.request)?.resolve(message.value);
        break;
      case 'refused':
        this.#take(message.request)?.reject(new SandboxError(message.code, message.detail));
        break;
      case 'listener':
        if (handle instanceof Server) {
          const arrivals = this.#arrivalsOf(message.box);
          arrivals.listeners.set(message.port, handle);
          arrivals.wake();
        }
        break;
      case 'exited': {
        const arrivals = this.#arrivalsOf(message.box);
        arrivals.gone = true;
        arrivals.exited.resolve(message.exit);
        arrivals.wake();
        break;
      }
    }
  }

  #take(request: number): Waiting | undefined {
    const waiting = this.#requests.get(request);
    this.#requests.delete(request);
    return waiting;
  }

  #arrivalsOf(box: string): Arrivals {
    const known = this.#arrivals.get(box);
    if (known) return known;
    const arrivals = new Arrivals();
    this.#arrivals.set(box, arrivals);
    // A moment later: the answer to `start` may still be on its way to whoever asked.
    void arrivals.exited.promise.then(() => setTimeout(() => this.#arrivals.delete(box), 1000).unref());
    return arrivals;
  }

  /** Reads the launcher's one line on a new stream, and nothing of what the box writes after it. */
  #accept(socket: Socket): void {
    socket.on('error', () => {});
    let header = Buffer.alloc(0);
    const read = (): void => {
      for (let chunk: Buffer | null; (chunk = socket.read() as Buffer | null);) {
        header = Buffer.concat([header, chunk]);
        const end = header.indexOf(10);
        if (end < 0 && header.length <= headerBytes) continue;
        socket.off('readable', read);
        if (end < 0) return void socket.destroy();
        if (end + 1 < header.length) socket.unshift(header.subarray(end + 1));
        const said: { box: string; channel: string } = JSON.parse(header.subarray(0, end).toString());
        return this.#arrivalsOf(said.box).add({ [said.channel]: socket });
      }
    };
    socket.on('readable', read);
  }

  #lose(): void {
    this.#closed = true;
    this.#streams.close();
    const error = new SandboxError('closed', 'the launcher is gone');
    for (const waiting of this.#requests.values()) waiting.reject(error);
    this.#requests.clear();
    for (const arrivals of this.#arrivals.values()) {
      arrivals.gone = true;
      arrivals.exited.resolve({ reason: 'killed', code: null, signal: 'SIGKILL' });
      arrivals.wake();
    }
  }
}
