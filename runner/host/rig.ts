/** What tests and benches of this room stand on: a real instance in its box, and taps that anybody can reach on loopback. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import { openSandbox, type RedisSetting, type Sandbox } from '../../sandbox/run.ts';
import { defaultNeeds } from './instance-pool.ts';
import { startInstance, type Instance } from './instance.ts';
import type { InstanceNeeds } from './protocol.ts';
import { Tap } from './tap/tap.ts';

/** A tap with the port of its listener. */
export interface RiggedTap {
  tap: Tap;
  port: number;
}

/** One instance, and everything that was opened on it; `close()` ends it all. */
export class Rig {
  readonly sandbox: Sandbox;
  readonly instance: Instance;
  readonly #ends: (() => unknown)[] = [];

  private constructor(sandbox: Sandbox, instance: Instance) {
    this.sandbox = sandbox;
    this.instance = instance;
  }

  static async open(
    needs: Partial<InstanceNeeds> = {},
    role: RedisSetting['role'] = 'learner',
  ): Promise<Rig> {
    const sandbox = await openSandbox();
    return new Rig(sandbox, await startInstance(sandbox, { ...defaultNeeds, ...needs }, role));
  }

  /** One more tap on the instance, or on any Unix socket. */
  async tap(socketPath = this.instance.socket): Promise<RiggedTap> {
    const tap = new Tap(this.instance.commands);
    tap.connect(socketPath);
    tap.hidden = this.instance.hidden;
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    tap.serve(listener);
    this.#ends.push(() => tap.close());
    const address = listener.address() as AddressInfo;
    return { tap, port: address.port };
  }

  /** A client as a learner's, which does not connect again unless told to. */
  async client(port: number, options: RedisOptions = {}): Promise<Redis> {
    const client = new Redis({ port, lazyConnect: true, retryStrategy: () => null, ...options });
    client.on('error', () => {});
    this.#ends.push(() => client.disconnect());
    await client.connect();
    return client;
  }

  /** A bare connection, to a port or to the instance itself. */
  async wire(place: number | string): Promise<Wire> {
    const socket = typeof place === 'number' ? connect(place, '127.0.0.1') : connect(place);
    const wire = new Wire(socket);
    this.#ends.push(() => socket.destroy());
    await once(socket, 'connect');
    return wire;
  }

  async close(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
    await this.instance.close();
    await this.sandbox.close();
  }
}

const patience = 20_000;

/** Bytes out, bytes in. */
export class Wire {
  readonly socket: Socket;
  ended = false;
  error: NodeJS.ErrnoException | null = null;
  #chunks: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.#chunks.push(chunk));
    socket.on('error', (error) => (this.error = error));
    socket.on('close', () => (this.ended = true));
    socket.on('end', () => (this.ended = true));
  }

  /** What came and was not taken by `until`. */
  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Everything received up to and with this text. */
  async until(text: string): Promise<string> {
    const tail = () => this.received.toString('latin1').slice(-300);
    await waitFor(
      () => this.received.includes(text) || this.ended,
      () => `« ${text} » in « ${tail()} »`,
    );
    const end = this.received.indexOf(text);
    if (end === -1) throw new Error(`the connection ended before « ${text} »: ${tail()}`);
    const seen = this.received.subarray(0, end + text.length).toString('latin1');
    this.#chunks = [this.received.subarray(end + text.length)];
    return seen;
  }
}

/** A command as a client writes it. */
export function resp(...words: (string | Buffer | number)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.isBuffer(word) ? word : Buffer.from(`${word}`);
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}

/** Waits for a condition, with a deadline that only a broken test meets. */
export async function waitFor(
  condition: () => unknown,
  what: () => string = () => condition.toString(),
): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited too long for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
