// to-review race-to-compute=both-compute, cost-round-trips=too-many-round-trips
// Regarde si la place est libre, puis la prend : deux serveurs la voient libre.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('finish', {
  numberOfKeys: 2,
  lua: `
    if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    redis.call('DEL', KEYS[2])
    return 1
  `,
});
redis.defineCommand('abandon', {
  numberOfKeys: 1,
  lua: `
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    return redis.call('DEL', KEYS[1])
  `,
});
const scripts = redis as Redis & {
  finish(result: string, place: string, token: string, value: string, ms: number): Promise<number>;
  abandon(place: string, token: string): Promise<number>;
};
const result = (key: string) => `resultat:${key}`;
const place = (key: string) => `calcul:${key}`;

export async function begin(key: string, lockMs: number) {
  const [value, holder] = await redis.mget(result(key), place(key));
  if (value !== null) return { action: 'serve', value, token: null };
  if (holder !== null) return { action: 'wait', value: null, token: null };
  const token = randomUUID();
  await redis.set(place(key), token, 'PX', lockMs);
  return { action: 'compute', value: null, token };
}

export async function finish(key: string, token: string, value: string, ttlMs: number): Promise<boolean> {
  return (await scripts.finish(result(key), place(key), token, value, ttlMs)) === 1;
}

export async function abandon(key: string, token: string): Promise<boolean> {
  return (await scripts.abandon(place(key), token)) === 1;
}
