/**
 * The whole stack as one child: a launcher with a server and its hosts. What `npm start` keeps
 * running, and what commands, benches and tests start for themselves in a folder of their own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LauncherConfig } from '../../sandbox/launcher.ts';
import { findRedisStack } from '../../sandbox/redis-stack.ts';
import type { Health } from '../protocol.ts';
import { app, cache, go, python } from '../setup/places.mjs';

/** How a stack is started; everything has a default. */
export interface StackOptions {
  host?: string;
  /** 0 takes a free one. */
  port?: number;
  /** Where everything is kept; without it, a temporary folder that goes with the stack. */
  data?: string;
  /** Hosts for cells; one more grades. */
  cellHosts?: number;
  /** More environment for the server and the hosts. */
  environment?: Record<string, string>;
  /** What the trusted programs say: shown, or kept for the error of a stack that does not start. */
  output?: 'show' | 'keep';
}

/** A stack that answers. */
export interface Stack {
  address: string;
  health: Health;
  launcher: ChildProcess;
  /** Waits until it answers again, for as long as it may take to start. */
  healthy(): Promise<Health>;
  /** The last lines its programs wrote. */
  log(): string;
  stop(): Promise<void>;
}

const SYSTEM_USER = 'atelier-redis';
const START_MS = 60_000;
const KEPT_LOG = 20_000;
/** What an operator may set; the rest of our environment stays here. */
const PASSED = ['DATABASE_URL', 'LANG', 'TZ'];

/** Starts a stack and waits until it can run and grade; its failure says what its programs said. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const host = options.host ?? '127.0.0.1';
  const port = options.port || (await freePort(host));
  const temporary = options.data === undefined ? mkdtempSync(join(tmpdir(), 'atelier-')) : null;
  const data = options.data ?? join(temporary!, 'data');
  mkdirSync(data, { recursive: true, mode: 0o750 });
  const config = launcherConfig({ ...options, host, port, data });
  const script = [process.execPath, join(app, 'sandbox/launcher.ts'), JSON.stringify(config)];
  const argv =
    process.getuid!() === 0 ? ['unshare', '--mount', '--propagation', 'private', ...script] : script;
  let log = '';
  const launcher = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  for (const stream of [launcher.stdout, launcher.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-KEPT_LOG);
      if (options.output === 'show') process.stderr.write(text);
    });
  }
  const exited = once(launcher, 'exit');
  const stop = async () => {
    if (launcher.exitCode === null && launcher.signalCode === null) launcher.kill('SIGTERM');
    await exited;
    if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
  };
  try {
    const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const healthy = () => healthOf(address, launcher, options.output === 'show', () => log);
    return { address, health: await healthy(), launcher, healthy, log: () => log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the launcher is told: the server, the hosts, and where the programs of the boxes are. */
export function launcherConfig(
  options: StackOptions & Required<Pick<StackOptions, 'host' | 'port' | 'data'>>,
): LauncherConfig {
  const shared = { ATELIER_HOST_SOCKET: '{data}/hosts.sock', ...ourEnvironment(), ...options.environment };
  const hosts = [
    ...Array.from(
      { length: options.cellHosts ?? Math.max(1, Math.min(4, availableParallelism() - 1)) },
      (_, index) => ({
        name: `cells-${index + 1}`,
        role: 'cells',
      }),
    ),
    { name: 'grading', role: 'grading' },
  ];
  const stackFolder = findRedisStack(cache)?.folder;
  return {
    user: SYSTEM_USER,
    paths: {
      app,
      data: realpathSync(options.data),
      ...(stackFolder !== undefined && { redisStack: stackFolder }),
      pythonPackages: python,
      go,
    },
    programs: [
      {
        name: 'server',
        role: 'server',
        argv: ['{node}', '{app}/runner/server.ts'],
        env: { ...shared, HOST: options.host, PORT: String(options.port), ATELIER_DATA: '{data}' },
      },
      ...hosts.map(({ name, role }) => ({
        name,
        role: 'host' as const,
        argv: ['{node}', '{app}/runner/host/host.ts'],
        env: { ...shared, ATELIER_HOST: name, ATELIER_HOST_ROLE: role, ATELIER_STATES: '{data}/states' },
      })),
    ],
  };
}

function ourEnvironment(): Record<string, string> {
  const chosen = Object.entries(process.env).filter(
    ([name]) => PASSED.includes(name) || (name.startsWith('ATELIER_') && name !== 'ATELIER_DATA'),
  );
  return Object.fromEntries(chosen.map(([name, value]) => [name, value ?? '']));
}

async function healthOf(
  address: string,
  launcher: ChildProcess,
  shown: boolean,
  log: () => string,
): Promise<Health> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    if (launcher.exitCode !== null || launcher.signalCode !== null) {
      const why = shown ? '' : `:\n${log()}`;
      throw new Error(`the launcher ended before the server was ready${why}`);
    }
    const health = await fetch(`${address}/healthz`).then(
      async (response) => (await response.json()) as Health,
      () => null,
    );
    if (health?.status === 'ok') return health;
    if (performance.now() > deadline)
      throw new Error(`the server is not ready after ${START_MS / 1000} s:\n${log()}`);
    await delay(50);
  }
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
