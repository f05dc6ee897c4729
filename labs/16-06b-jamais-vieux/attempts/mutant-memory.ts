// to-review late-write=late-write-served, state-in-redis=state-lost, race-write-invalidate=race-served, race-read-invalidate=half-invalidated
// Les tampons vivent dans la mémoire du serveur : les autres n’en savent rien.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();
const stamps = new Map<string, string>();
const stampOf = (tag: string) => {
  if (!stamps.has(tag)) stamps.set(tag, tag);
  return stamps.get(tag);
};

export async function read(key: string, tags: string[]) {
  const permit = `${tags.map(stampOf).join()}|`;
  const entry = await redis.get(`resultat:${key}`);
  return { value: entry?.startsWith(permit) ? entry.slice(permit.length) : null, permit };
}
export async function write(key: string, _tags: string[], value: string, ttlMs: number, permit: string) {
  await redis.set(`resultat:${key}`, permit + value, 'PX', ttlMs);
}
export async function invalidate(tags: string[]) {
  for (const tag of tags) stamps.set(tag, randomUUID());
}
