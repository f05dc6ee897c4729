/** Where the set-up puts what boxes run: the folders that runner/setup/places.mjs names. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostPaths } from './places.ts';
import { findRedisStack } from './redis-stack.ts';

/** The clone this file is in, and what of Redis Stack, Python and Go is installed beside it. */
export function installedPaths(environment: NodeJS.ProcessEnv = process.env): HostPaths {
  const parent = environment.XDG_CACHE_HOME || join(homedir(), '.cache');
  const cache = environment.ATELIER_CACHE || join(parent, 'atelier-redis');
  return {
    app: dirname(dirname(fileURLToPath(import.meta.url))),
    redisStack: findRedisStack(cache, environment)?.folder,
    pythonPackages: present(join(cache, 'python')),
    go: present(join(cache, 'go')),
  };
}

function present(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
