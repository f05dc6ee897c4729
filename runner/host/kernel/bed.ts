/** Where the tests of this folder run: a sandbox, a warm pool and a Redis, all real, and one way to run a cell. */
import { connect, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  memoryBeyondKeys,
  newAdminPassword,
  openSandbox,
  redisConfiguration,
  type Box,
  type Sandbox,
} from '../../../sandbox/run.ts';
import type { Language, Outcome } from '../protocol.ts';
import type { Kernel, KernelNeeds, RunFrame } from './kernel.ts';
import { KernelPool } from './pool.ts';

const MEMORY = 64;
let runs = 0;

/** What a cell showed, and how it ended. */
export interface Seen {
  outcome: Outcome;
  stdout: string;
  stderr: string;
  frames: RunFrame[];
}

/** A sandbox with a pool and a Redis; close it, or the boxes outlive the test. */
export class Bed {
  readonly sandbox: Sandbox;
  readonly pool: KernelPool;
  readonly #redis: Box;

  private constructor(sandbox: Sandbox, redis: Box, warm: Partial<Record<Language, number>>) {
    this.sandbox = sandbox;
    this.#redis = redis;
    this.pool = new KernelPool(sandbox, warm);
  }

  static async open(warm: Partial<Record<Language, number>> = {}): Promise<Bed> {
    const sandbox = await openSandbox();
    try {
      return new Bed(sandbox, await startRedis(sandbox), warm);
    } catch (error) {
      await sandbox.close();
      throw error;
    }
  }

  /** A kernel whose 6379 is the bed's Redis. */
  async claim(language: Language, needs?: KernelNeeds): Promise<Kernel> {
    const kernel = await this.pool.claim(language, needs);
    kernel.attach((listener) => this.#serve(listener));
    return kernel;
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.sandbox.close();
  }

  #serve(listener: Server): void {
    listener.on('connection', (client) => {
      const server = connect(this.#redis.redisSocket ?? '');
      client.pipe(server).pipe(client);
      client.on('error', () => undefined).on('close', () => server.destroy());
      server.on('error', () => undefined).on('close', () => client.destroy());
    });
  }
}

/** Runs one cell, named `cellule N`, and gathers what it shows. */
export async function runCell(
  kernel: Kernel,
  code: string,
  { timeoutMs = 20_000, name = `cellule ${++runs}` } = {},
): Promise<Seen> {
  const frames: RunFrame[] = [];
  const outcome = await kernel.run({ id: `run-${++runs}`, code, name, timeoutMs }, (frame) =>
    frames.push(frame),
  );
  const text = (stream: string) =>
    frames.map((frame) => (frame.type === 'output' && frame.stream === stream ? frame.text : '')).join('');
  return { outcome, stdout: text('stdout'), stderr: text('stderr'), frames };
}

/** Waits until a condition holds; a noisy machine gets a minute. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it never came true');
    await delay(10);
  }
}

async function startRedis(sandbox: Sandbox): Promise<Box> {
  const redis = await sandbox.start({ program: 'redis', memory: MEMORY + memoryBeyondKeys, disk: 16 });
  const configuration = redisConfiguration({
    memory: MEMORY,
    policy: 'noeviction',
    clients: 128,
    notify: '',
    slowlog: 10_000,
    role: 'learner',
    modules: [],
    adminPassword: newAdminPassword(),
  });
  redis.control.end(configuration);
  await until(() => answers(redis.redisSocket ?? ''));
  return redis;
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    return await new Promise<boolean>((resolve) => {
      socket.on('error', () => resolve(false));
      socket.on('data', (data) => resolve(data.toString().startsWith('+PONG')));
      socket.write('PING\r\n');
    });
  } finally {
    socket.destroy();
  }
}
