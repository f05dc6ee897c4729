// to-review late-write=late-write-served, evictions=old-after-eviction, race-write-invalidate=race-served, workload=wrong-under-load?
// Oublie le permis et relit les tampons au moment de ranger : ils sont neufs, la valeur est vieille.
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();
const TAG_MS = 86_400_000;

export interface Reading {
  value: string | null;
  permit: string;
}

redis.defineCommand('readResult', {
  lua: `
    local stamps = {}
    for rank = 2, #KEYS do
      stamps[rank - 1] = redis.call('SET', KEYS[rank], ARGV[rank], 'PX', ARGV[1], 'NX', 'GET') or ARGV[rank]
    end
    local permit = table.concat(stamps, ',') .. '|'
    local entry = redis.call('GET', KEYS[1])
    if entry and string.sub(entry, 1, #permit) == permit then return { permit, string.sub(entry, #permit + 1) } end
    return { permit }
  `,
});
const scripts = redis as Redis & {
  readResult(keys: number, ...args: (string | number)[]): Promise<[permit: string, value?: string]>;
};
const entryKey = (key: string) => `resultat:${key}`;
const tagKey = (tag: string) => `etiquette:${tag}`;
const stamp = () => randomBytes(8).toString('base64url');

export async function read(key: string, tags: string[]): Promise<Reading> {
  const keys = [entryKey(key), ...tags.map(tagKey)];
  const [permit, value] = await scripts.readResult(keys.length, ...keys, TAG_MS, ...tags.map(stamp));
  return { value: value ?? null, permit };
}

export async function write(
  key: string,
  tags: string[],
  value: string,
  ttlMs: number,
  permit: string,
): Promise<void> {
  const now = await read(key, tags);
  await redis.set(entryKey(key), now.permit + value, 'PX', ttlMs);
}

export async function invalidate(tags: string[]): Promise<void> {
  await redis.unlink(...tags.map(tagKey));
}
