/** Where Redis Stack is on this machine, and which of its modules are there. */
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The modules that lessons use, by the name of their file; redisgears and rediscompat are not loaded. */
export const moduleFiles = ['redisearch.so', 'redistimeseries.so', 'rejson.so', 'redisbloom.so'] as const;

/** An installed Redis Stack. Paths are absolute. */
export interface RedisStack {
  folder: string;
  server: string;
  client: string;
  /** Path by file name, those of `moduleFiles` that were found. */
  modules: Record<string, string>;
}

/** Looks in the order of the design: the operator's folder, PATH (with its modules), the build in the set-up's cache. */
export function findRedisStack(cache: string, environment = process.env): RedisStack | null {
  const asked = environment.REDIS_STACK_DIR;
  if (asked) return redisStackIn(asked);
  for (const folder of environment.PATH?.split(':') ?? []) {
    const server = join(folder, 'redis-server');
    if (!isExecutable(server)) continue;
    const found = redisStackIn(dirname(dirname(realpathSync(server))));
    if (found && Object.keys(found.modules).length > 0) return found;
  }
  return redisStackIn(join(cache, 'redis-stack-7.4.0-v1'));
}

/** The Redis Stack under a folder that holds bin/ and the modules in lib/ (or where Redis 8 puts them). */
export function redisStackIn(folder: string): RedisStack | null {
  const server = join(folder, 'bin', 'redis-server');
  const client = join(folder, 'bin', 'redis-cli');
  if (!isExecutable(server) || !isExecutable(client)) return null;
  const places = ['lib', 'lib/redis/modules']
    .map((place) => join(folder, place))
    .filter((place) => existsSync(place));
  const modules: Record<string, string> = {};
  for (const place of places) {
    const present = new Set(readdirSync(place));
    for (const file of moduleFiles) if (present.has(file)) modules[file] ??= join(place, file);
  }
  return { folder, server, client, modules };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
