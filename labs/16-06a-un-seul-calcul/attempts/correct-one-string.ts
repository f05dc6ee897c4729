// passed
// Une seule chaîne : « ? » et le jeton tant que l'on calcule, « = » et la valeur ensuite. SET NX GET fait lire et prendre.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('swap', {
  numberOfKeys: 1,
  lua: `
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    if ARGV[2] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) else redis.call('DEL', KEYS[1]) end
    return 1
  `,
});
const scripts = redis as Redis & { swap(key: string, ...args: (string | number)[]): Promise<number> };

export async function begin(key: string, lockMs: number) {
  const token = randomUUID();
  const found = await redis.set(`cache:${key}`, `?${token}`, 'PX', lockMs, 'NX', 'GET');
  if (found === null) return { action: 'compute', value: null, token };
  if (found.startsWith('?')) return { action: 'wait', value: null, token: null };
  return { action: 'serve', value: found.slice(1), token: null };
}
export const finish = async (key: string, token: string, value: string, ttlMs: number) =>
  (await scripts.swap(`cache:${key}`, `?${token}`, `=${value}`, ttlMs)) === 1;
export const abandon = async (key: string, token: string) => (await scripts.swap(`cache:${key}`, `?${token}`)) === 1;
