// passed
// Sans script pour demander : un MULTI prend la place puis lit le résultat ; s'il est là, la place prise pour rien est rendue.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('give', {
  numberOfKeys: 2,
  lua: `
    if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
    if ARGV[2] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
    return redis.call('DEL', KEYS[2])
  `,
});
const scripts = redis as Redis & { give(result: string, place: string, ...args: (string | number)[]): Promise<number> };
const give = async (key: string, ...args: (string | number)[]) => (await scripts.give(`r:${key}`, `p:${key}`, ...args)) === 1;

export async function begin(key: string, lockMs: number) {
  const token = randomUUID();
  const replies = (await redis.multi().set(`p:${key}`, token, 'PX', lockMs, 'NX').get(`r:${key}`).exec())!;
  const [taken, value] = replies.map(([error, reply]) => {
    if (error) throw error;
    return reply as string | null;
  });
  if (value !== null) {
    if (taken === 'OK') await give(key, token);
    return { action: 'serve', value, token: null };
  }
  return taken === 'OK' ? { action: 'compute', value: null, token } : { action: 'wait', value: null, token: null };
}
export const finish = (key: string, token: string, value: string, ttlMs: number) => give(key, token, value, ttlMs);
export const abandon = (key: string, token: string) => give(key, token);
