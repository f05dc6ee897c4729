// to-review race-with-finish=computed-twice
// Un pipeline part d’un bloc mais ne s’exécute pas d’un bloc : un autre range entre la lecture et la prise.
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
  const token = randomUUID();
  const replies = (await redis.pipeline().get(result(key)).set(place(key), token, 'PX', lockMs, 'NX').exec())!;
  const [value, taken] = replies.map(([error, reply]) => {
    if (error) throw error;
    return reply as string | null;
  });
  if (value !== null) {
    if (taken) await scripts.abandon(place(key), token);
    return { action: 'serve', value, token: null };
  }
  return taken ? { action: 'compute', value: null, token } : { action: 'wait', value: null, token: null };
}

export async function finish(key: string, token: string, value: string, ttlMs: number): Promise<boolean> {
  return (await scripts.finish(result(key), place(key), token, value, ttlMs)) === 1;
}

export async function abandon(key: string, token: string): Promise<boolean> {
  return (await scripts.abandon(place(key), token)) === 1;
}
