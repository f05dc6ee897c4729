/** The baseline of the click: bubblewrap, a new node, ioredis loaded, a Redis that already runs, the same code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from '../setup/places.mjs';
import { startRedis } from './redis.ts';

const CODE =
  "import { Redis } from 'ioredis';\nconst redis = new Redis(process.env.SOCKET);\nconsole.log(await redis.incr('k'));\nredis.disconnect();\n";

/** A Redis and a program, ready to be spawned again and again. */
export interface SpawnedNode {
  firstOutputMs(): Promise<number>;
  close(): Promise<void>;
}

/** Starts the baseline's own Redis. */
export async function openSpawnedNode(): Promise<SpawnedNode> {
  const redis = await startRedis();
  const { socket, folder } = redis;
  symlinkSync(join(app, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'main.ts'), CODE);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
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
    close: () => redis.close(),
    async firstOutputMs() {
      const began = performance.now();
      const child = spawn('bwrap', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      const silent = ended.then(() => Promise.reject(new Error('the spawned node said nothing')));
      silent.catch(() => {});
      await Promise.race([once(child.stdout, 'data'), silent]);
      const took = performance.now() - began;
      await ended;
      return took;
    },
  };
}
