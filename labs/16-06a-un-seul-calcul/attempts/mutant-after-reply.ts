// to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?
// Répond d’abord, note encore ensuite : la réponse est rapide, mais le travail n’est pas fini.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();

export interface Turn {
  action: 'serve' | 'compute' | 'wait';
  value: string | null;
  token: string | null;
}

redis.defineCommand('begin', {
  numberOfKeys: 2,
  lua: `
    local value = redis.call('GET', KEYS[1])
    if value then return { 'serve', value } end
    if redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2], 'NX') then return { 'compute' } end
    return { 'wait' }
  `,
});
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
  begin(result: string, place: string, token: string, ms: number): Promise<[Turn['action'], string?]>;
  finish(result: string, place: string, token: string, value: string, ms: number): Promise<number>;
  abandon(place: string, token: string): Promise<number>;
};
const result = (key: string) => `resultat:${key}`;
const place = (key: string) => `calcul:${key}`;

export async function begin(key: string, lockMs: number): Promise<Turn> {
  const token = randomUUID();
  const [action, value] = await scripts.begin(result(key), place(key), token, lockMs);
  setImmediate(() => void redis.set('derniere-demande', key, 'PX', 1000));
  return { action, value: value ?? null, token: action === 'compute' ? token : null };
}

export async function finish(key: string, token: string, value: string, ttlMs: number): Promise<boolean> {
  return (await scripts.finish(result(key), place(key), token, value, ttlMs)) === 1;
}

export async function abandon(key: string, token: string): Promise<boolean> {
  return (await scripts.abandon(place(key), token)) === 1;
}
