// to-review late-write=late-write-served, evictions=old-after-eviction, constant-cost=invalidation-scales, race-write-invalidate=race-served, workload=wrong-under-load
// Tient la liste des entrées de chaque étiquette et les efface : l’écriture en retard échappe à la liste.
import { Redis } from 'ioredis';

const redis = new Redis();
const membersKey = (tag: string) => `membres:${tag}`;

export async function read(key: string, _tags: string[]) {
  return { value: await redis.get(`resultat:${key}`), permit: '-' };
}
export async function write(key: string, tags: string[], value: string, ttlMs: number, _permit: string) {
  const block = redis.multi().set(`resultat:${key}`, value, 'PX', ttlMs);
  for (const tag of tags) block.sadd(membersKey(tag), `resultat:${key}`).pexpire(membersKey(tag), 86_400_000);
  await block.exec();
}
export async function invalidate(tags: string[]) {
  for (const tag of tags) {
    const members = await redis.smembers(membersKey(tag));
    await redis.unlink(membersKey(tag), ...members);
  }
}
