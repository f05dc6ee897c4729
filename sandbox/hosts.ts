/** The launcher's side of one host: its requests, its boxes, and what it is told about them. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { installBinary } from './binaries.ts';
import { installedPrograms } from './box.ts';
import { Confinement, type Channels, type Ground } from './confinement.ts';
import type { Job, Wall } from './run.ts';
import {
  parseRequest,
  Refusal,
  type LauncherAnswer,
  type LauncherMessage,
  type LauncherRequest,
  type StartedBox,
} from './wire.ts';

/** How a message goes to the host: by a child's IPC channel, or by our own to a parent. */
export type Tell = (message: LauncherMessage, handle?: Server) => void;

/** One host that this launcher serves. */
export class HostLink {
  readonly #ground: Ground;
  readonly #folder: string;
  readonly #tell: Tell;
  readonly #walls: () => Promise<Wall[]>;
  readonly #boxes = new Map<string, Confinement>();
  #closed = false;

  /** `folder` is the host's own: its socket for the streams of boxes, and what it drops. */
  constructor(ground: Ground, folder: string, tell: Tell, walls: () => Promise<Wall[]>) {
    this.#ground = ground;
    this.#folder = folder;
    this.#tell = tell;
    this.#walls = walls;
  }

  /** Answers one message, whatever it is. */
  async receive(message: unknown): Promise<void> {
    const request = parseRequest(message);
    if (request?.op === 'hello') {
      const { places } = this.#ground;
      const redisModules = Object.keys(places.redisStack?.modules ?? {});
      this.#tell({ op: 'welcome', folder: this.#folder, programs: installedPrograms(places), redisModules });
      return;
    }
    const number = request?.request ?? numberOf(message);
    try {
      if (!request) throw new Refusal('malformed', 'not a request of the launcher');
      this.#tell({ op: 'answer', request: number, value: await this.#act(request) });
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'system';
      this.#tell({ op: 'refused', request: number, code, detail: messageOf(error) });
    }
  }

  /** Kills every box of the host; resolves when all slots are free again. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#boxes.values()].map((box) => box.kill()));
  }

  async #act(request: Exclude<LauncherRequest, { op: 'hello' }>): Promise<LauncherAnswer> {
    if (request.op === 'start') return this.#start(request.job);
    if (request.op === 'walls') return this.#walls();
    if (request.op === 'install') {
      return installBinary(join(this.#ground.places.run, 'binaries'), join(this.#folder, request.drop));
    }
    const box = this.#boxes.get(request.box);
    if (!box) throw new Refusal('unknown-box', request.box);
    if (request.op === 'usage') return box.usage();
    if (request.op === 'seal') return box.seal();
    if (request.op === 'give') {
      box.give(request.owner);
      return null;
    }
    await box[request.op]();
    return null;
  }

  async #start(job: Job): Promise<StartedBox> {
    const { places } = this.#ground;
    if (!installedPrograms(places).includes(job.program)) throw new Refusal('unavailable', job.program);
    if (job.binary && !existsSync(join(places.run, 'binaries', job.binary))) {
      throw new Refusal('binary', 'this program was not installed, or was dropped since');
    }
    const id = randomUUID();
    const channels = await this.#connect(id, job);
    try {
      if (this.#closed) throw new Refusal('system', 'the host is gone');
      const box = new Confinement(this.#ground, job, channels, (listener, port) =>
        this.#passOn(id, listener, port),
      );
      this.#boxes.set(id, box);
      void box.exited.then((exit) => {
        this.#boxes.delete(id);
        this.#tell({ op: 'exited', box: id, exit });
      });
      return { box: id, uid: box.uid, redisSocket: box.redisSocket };
    } catch (error) {
      for (const channel of Object.values(channels)) channel.destroy();
      // The host has streams of this box already.
      this.#tell({ op: 'exited', box: id, exit: { reason: 'crashed', code: null, signal: null } });
      throw error;
    }
  }

  #passOn(box: string, listener: Server, port: number): void {
    // A copy that stays open here would take connections meant for the host's tap.
    listener.on('connection', (socket) => socket.destroy());
    this.#tell({ op: 'listener', box, port }, listener);
  }

  async #connect(box: string, job: Job): Promise<Channels> {
    const open = (channel: keyof Channels): Promise<Socket> =>
      openChannel(join(this.#folder, 'boxes.sock'), `${JSON.stringify({ box, channel })}\n`);
    const [control, stdout, stderr] = await Promise.all([open('control'), open('stdout'), open('stderr')]);
    return { control, stdout, stderr, ...(job.state && { state: await open('state') }) };
  }
}

/** Connects to the host and says which channel this is; everything after that line is the box's. */
function openChannel(path: string, header: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.pause();
    socket.once('error', reject);
    socket.once('connect', () => socket.write(header, () => resolve(socket)));
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function numberOf(message: unknown): number {
  const request: unknown =
    typeof message === 'object' && message && 'request' in message ? message.request : -1;
  return typeof request === 'number' ? request : -1;
}
