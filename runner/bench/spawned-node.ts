/** The baseline of the click: bubblewrap, a new node, ioredis loaded, a Redis that already runs, the same code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findRedisStack } from '../../sandbox/redis-stack.ts';
import { app, cache } from '../setup/places.mjs';

const CODE =
  "import { Redis } from 'ioredis';\nconst redis = new Redis(process.env.SOCKET);\nconsole.log(await redis.incr('k'));\nredis.disconnect();\n";

/** A Redis and a program, ready to be spawned again and again. */
export interface SpawnedNode {
  firstOutputMs(): Promise<number>;
  close(): Promise<void>;
}

/** Starts the baseline's own Redis in a temporary folder. */
export async function openSpawnedNode(): Promise<SpawnedNode> {
  const stack = findRedisStack(cache);
  if (stack === null) throw new Error('Redis Stack is missing: npm run doctor');
  const folder = mkdtempSync(join(tmpdir(), 'atelier-bench-'));
  const socket = join(folder, 'redis.sock');
  const server = spawn(stack.server, ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder], {
    stdio: 'ignore',
  });
  const exited = once(server, 'exit');
  symlinkSync(join(app, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'main.ts'), CODE);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const client = new Redis(socket, {
    lazyConnect: true,
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
  });
  client.on('error', () => {});
  await client.ping();
  client.disconnect();
  const walls = [
    '--unshare-all',
    '--die-with-parent',
    '--ro-bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
  ];
  const argv = [...walls, '--setenv', 'SOCKET', socket, '--chdir', folder, process.execPath, 'main.ts'];
  return {
    async firstOutputMs() {
      const began = performance.now();
      const child = spawn('bwrap', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      await Promise.race([
        once(child.stdout, 'data'),
        ended.then(() => Promise.reject(new Error('the spawned node said nothing'))),
      ]);
      const took = performance.now() - began;
      await ended;
      return took;
    },
    async close() {
      server.kill();
      await exited;
      await delay(0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
