import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisStack } from '../../sandbox/redis-stack.ts';
import { cache } from '../setup/places.mjs';
import { onCore } from './busy.ts';

/** A Redis Stack of a bench's or a test's own, unboxed, on loopback and on a Unix socket; its folder goes with it. */
export interface BenchRedis {
  url: string;
  socket: string;
  folder: string;
  close(): Promise<void>;
}

/** Starts Redis Stack with its modules, on one core if it is told which, and waits until it answers. */
export async function startRedis(core?: number): Promise<BenchRedis> {
  const stack = findRedisStack(cache);
  if (stack === null) throw new Error('Redis Stack is missing: npm run doctor');
  const folder = mkdtempSync(join(tmpdir(), 'atelier-bench-'));
  const socket = join(folder, 'redis.sock');
  const port = await freePort();
  const modules = Object.values(stack.modules).flatMap((path) => ['--loadmodule', path]);
  const where = ['--bind', '127.0.0.1', '--port', String(port), '--unixsocket', socket, '--dir', folder];
  const argv = [...onCore(core), stack.server, ...where, '--save', '', ...modules];
  const server = spawn(argv[0], argv.slice(1), { stdio: 'ignore' });
  const exited = once(server, 'exit');
  const client = new Redis(socket, {
    lazyConnect: true,
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
  });
  client.on('error', () => {});
  await Promise.race([
    client.ping(),
    exited.then(() => Promise.reject(new Error('redis-server ended at once'))),
  ]);
  client.disconnect();
  return {
    url: `redis://127.0.0.1:${port}`,
    socket,
    folder,
    async close() {
      // Not asked: it may be in a script that does not end.
      server.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
