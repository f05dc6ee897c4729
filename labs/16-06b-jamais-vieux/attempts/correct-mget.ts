// passed
// Sans script : un MGET, comparé ici ; les tampons qui manquent sont posés dans un second aller-retour.
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();
const TAG_MS = 86_400_000;
const tagKey = (tag: string) => `tag:${tag}`;

export async function read(key: string, tags: string[]) {
  const [entry = null, ...stamps] = await redis.mget(`q:${key}`, ...tags.map(tagKey));
  if (stamps.some((stamp) => stamp === null)) {
    const proposed = tags.map(() => randomBytes(8).toString('hex'));
    const block = redis.pipeline();
    for (const [rank, tag] of tags.entries()) block.set(tagKey(tag), proposed[rank]!, 'PX', TAG_MS, 'NX', 'GET');
    const replies = (await block.exec())!;
    return { value: null, permit: JSON.stringify(replies.map(([, old], rank) => old ?? proposed[rank])) };
  }
  const permit = JSON.stringify(stamps);
  const parsed: { permit: string; value: string } | null = entry === null ? null : JSON.parse(entry);
  return { value: parsed?.permit === permit ? parsed.value : null, permit };
}
export async function write(key: string, tags: string[], value: string, ttlMs: number, permit: string) {
  await redis.set(`q:${key}`, JSON.stringify({ permit, value }), 'PX', ttlMs);
}
export async function invalidate(tags: string[]) {
  await redis.del(...tags.map(tagKey));
}
