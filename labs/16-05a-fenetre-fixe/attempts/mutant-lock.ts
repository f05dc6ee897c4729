// to-review cost-round-trips=too-many-round-trips, cost-commands=too-many-commands, cost-bytes=too-many-bytes
// Un verrou autour du compteur : juste, mais chaque décision coûte quatre allers-retours.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();
const release = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

export async function allow(client: string, limit: number, windowMs: number) {
  const key = `limite:${client}`;
  const lock = `verrou:${client}`;
  const owner = randomUUID();
  while ((await redis.set(lock, owner, 'PX', 1000, 'NX')) === null) await new Promise((done) => setTimeout(done, 3));
  try {
    await redis.set(key, 0, 'PX', windowMs, 'NX', 'GET');
    const replies = (await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).pttl(key).exec())!;
    const count = Number(replies[1]![1]);
    const allowed = count <= limit;
    return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : Number(replies[2]![1]) };
  } finally {
    await redis.eval(release, 1, lock, owner);
  }
}
