/** The versions of Redis's clients that the course runs, read where they are pinned. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './rooms.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pinned = (pattern: RegExp, path: string) => pattern.exec(read(path))?.[1] ?? '';

export const versions = {
  ioredis: pinned(/"ioredis": "([\d.]+)"/, 'package.json'),
  redis: pinned(/^redis==([\d.]+)/m, 'sandbox/inside/python/requirements.txt'),
  goRedis: pinned(/go-redis\/v9 (v[\d.]+)/, 'sandbox/inside/go/go.mod'),
};
