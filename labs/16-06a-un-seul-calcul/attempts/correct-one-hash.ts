// passed
// Une seule clé par résultat : un hash dont l'échéance est tantôt celle de la place, tantôt celle du résultat.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('take', {
  numberOfKeys: 1,
  lua: `
    local value = redis.call('HGET', KEYS[1], 'value')
    if value then return { 'serve', value } end
    if redis.call('HSETNX', KEYS[1], 'token', ARGV[1]) == 0 then return { 'wait' } end
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return { 'compute' }
  `,
});
redis.defineCommand('give', {
  numberOfKeys: 1,
  lua: `
    if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
    redis.call('DEL', KEYS[1])
    if ARGV[3] then
      redis.call('HSET', KEYS[1], 'value', ARGV[2])
      redis.call('PEXPIRE', KEYS[1], ARGV[3])
    end
    return 1
  `,
});
const scripts = redis as Redis & {
  take(key: string, token: string, ms: number): Promise<['serve' | 'compute' | 'wait', string?]>;
  give(key: string, token: string, ...kept: (string | number)[]): Promise<number>;
};

export async function begin(key: string, lockMs: number) {
  const token = randomUUID();
  const [action, value] = await scripts.take(`cache:${key}`, token, lockMs);
  return { action, value: value ?? null, token: action === 'compute' ? token : null };
}
export const finish = async (key: string, token: string, value: string, ttlMs: number) =>
  (await scripts.give(`cache:${key}`, token, value, ttlMs)) === 1;
export const abandon = async (key: string, token: string) => (await scripts.give(`cache:${key}`, token)) === 1;
