/** The ground that attacks stand on: real boxes, servers, a whole site and a grader, opened when first asked for. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type {
  Attack,
  Graded,
  Ground,
  Held,
  Listener,
  Outcome,
  Said,
  Site,
  Visitor,
} from '../../sandbox/attacks/attack.ts';
import { prelude } from '../../sandbox/attacks/python.ts';
import { runCode, startRedis, stopRedis, type RunningRedis } from '../../sandbox/experiment.ts';
import { descendants } from '../../sandbox/processes.ts';
import { GoCompiler, openSandbox, type Box, type Program, type Sandbox } from '../../sandbox/run.ts';
import { gradeAttempt } from '../host/grade/grade.ts';
import { gradingContext, type GradingContext } from '../host/grade/context.ts';
import { defaultNeeds, InstancePool } from '../host/instance-pool.ts';
import { guard } from '../host/guarded.ts';
import { startInstance } from '../host/instance.ts';
import { KernelPool } from '../host/kernel/pool.ts';
import { CommandTable } from '../host/tap/command-table.ts';
import { Tap } from '../host/tap/tap.ts';
import type { ServerMessage } from '../protocol.ts';
import { app } from '../setup/places.mjs';
import { Client } from './client.ts';
import { startStack, type Stack } from './stack.ts';

/** The lab that cheats are made for: its reference is short, and it is timed. */
const LAB = '16-05a-fenetre-fixe';
const RUN_MS = 4000;
const ATTACK_MS = 90_000;

/** Everything that attacks share; `close()` ends it. */
export class Grounds {
  #sandbox: Sandbox | null = null;
  #stack: Promise<Stack> | null = null;
  #grading: { context: GradingContext; close(): Promise<void> } | null = null;
  readonly #shared = new Map<Program, Box>();
  readonly #data = mkdtempSync(join(tmpdir(), 'atelier-attacks-'));

  /** Plays one attack and closes what it opened; an attack that fails by itself is an error. */
  async play(attack: Attack): Promise<Outcome> {
    const sandbox = (this.#sandbox ??= await openSandbox({ data: this.#data }));
    const ends: (() => unknown)[] = [];
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`no answer in ${ATTACK_MS} ms`)), ATTACK_MS);
    try {
      return await Promise.race([attack(this.#ground(sandbox, (end) => ends.push(end))), late.promise]);
    } finally {
      clearTimeout(timer);
      for (const end of ends.toReversed()) await end();
    }
  }

  async close(): Promise<void> {
    await this.#grading?.close();
    await (await this.#stack?.catch(() => null))?.stop();
    await this.#sandbox?.close();
    rmSync(this.#data, { recursive: true, force: true });
  }

  #ground(sandbox: Sandbox, after: Ground['after']): Ground {
    const box: Ground['box'] = async (program, { memory = 256, disk = 4, owner } = {}) => {
      const opened = await sandbox.start({ program, memory, disk, ...(owner && { owner }) });
      for (const stream of [opened.control, opened.stdout, opened.stderr]) stream.on('error', () => {});
      if (program === 'python') await printed(opened, prelude);
      after(() => opened.kill());
      return opened;
    };
    const shared = async (program: 'python' | 'typescript', code: string): Promise<string> => {
      let known = this.#shared.get(program);
      if (!known) {
        known = await sandbox.start({ program, memory: 256, disk: 4 });
        this.#shared.set(program, known);
        void known.exited.then(() => this.#shared.delete(program));
        if (program === 'python') await printed(known, prelude);
      }
      return printed(known, code);
    };
    return {
      sandbox,
      after,
      box,
      python: (code) => shared('python', code),
      typescript: (code) => shared('typescript', code),
      run: runCode,
      go: (source) => compiled(sandbox, source, after),
      redis: (setting) => started(sandbox, setting, after),
      listen: (where) => listen(where, after),
      secret: (text) => secret(text, after),
      site: () => this.#site(after),
      solution: readFileSync(join(app, 'labs', LAB, 'solution.ts'), 'utf8'),
      grade: (code, timed = false) => this.#grade(sandbox, code, timed),
      tapped: (server) => tapped(server, after),
      instance: () => instance(sandbox, after),
      hostAsks: (socket) => hostAsks(socket, after),
    };
  }

  async #site(after: Ground['after']): Promise<Site> {
    // What takes a wall away must reach the server and its hosts too.
    const removal: Record<string, string> = process.env.ATELIER_WITHOUT
      ? { NODE_OPTIONS: `--import {app}/sandbox/attacks/removal.ts` }
      : {};
    const data = join(this.#data, 'site');
    this.#stack ??= startStack({
      data,
      cellHosts: 1,
      environment: { ATELIER_RUN_MS: `${RUN_MS}`, ATELIER_LOG: 'warn', ...removal },
    });
    const stack = await this.#stack;
    const programs = () =>
      descendants(stack.launcher.pid!).filter((pid) => /runner\/(server|host\/host)\.ts/.test(lineOf(pid)));
    return {
      address: stack.address,
      data,
      programs,
      memory: () => programs().reduce((sum, pid) => sum + residentOf(pid), 0),
      visitor: async (cookie) => visitor(await Client.connect(stack.address, cookie), after),
    };
  }

  async #grade(sandbox: Sandbox, code: string, latency: boolean): Promise<Graded> {
    if (!this.#grading) {
      const kernels = new KernelPool(sandbox, { typescript: 3 });
      const instances = new InstancePool(sandbox, 'grading', 2);
      const versions = { server: 'attack', driver: 'local' };
      const context = gradingContext({ kernels, instances, rooms: [join(app, 'labs')], versions });
      const close = async () => {
        await instances.close();
        await kernels.close();
      };
      this.#grading = { context, close };
    }
    const request = { lab: LAB, language: 'typescript', code, seed: null, latency } as const;
    const nobody = { check: () => {}, verdict: () => {} };
    const verdict = await gradeAttempt(request, this.#grading.context, nobody);
    const failed = verdict.checks.filter(({ state }) => state === 'failed');
    return {
      class: verdict.class,
      why: [...(verdict.code ? [verdict.code] : []), ...failed.map(({ id, code: why }) => `${id}=${why}`)],
      points: verdict.points,
      outOf: verdict.outOf,
    };
  }
}

async function printed(box: Box, code: string): Promise<string> {
  const { ended, text, error } = await runCode(box, code, 30_000);
  if (ended === 'done') return text.trim();
  throw new Error(`the hostile program ended ${ended}: ${error ? `${error.name}: ${error.message}` : text}`);
}

async function compiled(sandbox: Sandbox, source: string, after: Ground['after']): Promise<Box> {
  const compiler = new GoCompiler(await sandbox.start({ program: 'go-compiler', memory: 512, disk: 64 }));
  after(() => compiler.box.kill());
  await compiler.ready;
  const built = await compiler.compile('program', source);
  if (!built || !('binary' in built)) throw new Error(`Go: ${built?.errors ?? 'the compiler ended'}`);
  const binary = await sandbox.installBinary(built.binary);
  const box = await sandbox.start({ program: 'go', memory: 128, disk: 4, binary });
  for (const stream of [box.control, box.stdout, box.stderr]) stream.on('error', () => {});
  after(() => box.kill());
  return box;
}

async function started(
  sandbox: Sandbox,
  setting: Parameters<Ground['redis']>[0],
  after: Ground['after'],
): Promise<RunningRedis> {
  const redis = await startRedis(sandbox, setting);
  after(() => stopRedis(redis));
  return redis;
}

async function listen(
  { host, path, datagrams }: Parameters<Ground['listen']>[0],
  after: Ground['after'],
): Promise<Listener> {
  const listener: Listener = { port: 0, reached: 0 };
  if (datagrams) {
    const socket = createSocket('udp4', () => listener.reached++);
    after(() => socket.close());
    socket.bind(0, host);
    await once(socket, 'listening');
    listener.port = socket.address().port;
    return listener;
  }
  const server = createServer((socket) => {
    listener.reached++;
    socket.on('error', () => {});
    socket.end('reached\n');
  });
  after(() => server.close());
  server.listen(path === undefined ? { host, port: 0 } : { path, readableAll: true, writableAll: true });
  await once(server, 'listening');
  if (path === undefined) listener.port = (server.address() as AddressInfo).port;
  return listener;
}

function secret(text: string, after: Ground['after']): string {
  const path = `/var/tmp/atelier-secret-${process.pid}-${Math.random().toString(36).slice(2)}`;
  writeFileSync(path, text, { mode: 0o644 });
  after(() => rmSync(path, { force: true }));
  return path;
}

async function tapped(
  server: (socket: Socket) => void,
  after: Ground['after'],
): ReturnType<Ground['tapped']> {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-hostile-'));
  const path = join(folder, 'redis.sock');
  const hostile = createServer((socket) => {
    socket.on('error', () => {});
    server(socket);
  });
  hostile.listen(path);
  await once(hostile, 'listening');
  const tap = new Tap(new CommandTable([]));
  tap.connect(path);
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  tap.serve(listener);
  after(() => {
    tap.close();
    hostile.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => tap.connections,
    outstanding: () => tap.outstanding,
  };
}

async function instance(sandbox: Sandbox, after: Ground['after']): Promise<Held> {
  const held = await startInstance(sandbox, defaultNeeds, 'learner');
  const tap = new Tap(held.commands);
  tap.hidden = held.hidden;
  tap.connect(held.socket);
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  tap.serve(listener);
  after(() => held.close());
  after(() => tap.close());
  return {
    port: (listener.address() as AddressInfo).port,
    lost: held.lost,
    use: () => held.use(),
    answers: () =>
      held.admin.ping().then(
        (answer) => answer === 'PONG',
        () => false,
      ),
  };
}

async function hostAsks(path: string, after: Ground['after']): Promise<string> {
  const options = { path, protocol: 2, disableClientInfo: true, enableReadyCheck: false } as const;
  const redis = guard(new Redis({ ...options, retryStrategy: () => null }));
  redis.on('error', () => {});
  after(() => redis.disconnect());
  return redis.get('k').then(
    (answer) => `answered ${answer?.length}`,
    (error: Error) => error.message,
  );
}

function visitor(client: Client, after: Ground['after']): Visitor {
  let cells = 0;
  after(() => client.socket.terminate());
  const heard = client.heard as unknown as Said[];
  const hear: Visitor['hear'] = (type, fits = () => true) =>
    client.hear(type as ServerMessage['type'], (message) => fits(message as Said));
  return {
    learner: client.learner,
    cookie: client.cookie,
    heard,
    send: (message) => client.socket.send(JSON.stringify(message)),
    raw: (text) => client.socket.send(text),
    pause: () => client.socket.pause(),
    hear,
    async run(code, language = 'typescript') {
      const cell = `cell-${++cells}`;
      client.socket.send(JSON.stringify({ type: 'run', lesson: 'libre', cell, language, code }));
      const answer = await Promise.race([
        hear('ended', (message) => message.cell === cell),
        hear('refused', (message) => message.cell === cell),
      ]);
      const text = heard
        .map((message) => (message.type === 'output' && message.cell === cell ? message.text : ''))
        .join('');
      return { ended: answer, text };
    },
    close: () => client.close(),
  };
}

function lineOf(pid: number): string {
  return readOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

function readOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended while we looked.
    return '';
  }
}
