// to-review window-ends=window-never-ends, no-trace-left=eternal-key
// La fenêtre est notée dans la valeur, mais la clé n'a pas d'échéance et personne ne l'efface.
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('compter', {
  numberOfKeys: 1,
  lua: `
    local t = redis.call('TIME')
    local now = t[1] * 1000 + math.floor(t[2] / 1000)
    redis.call('HSETNX', KEYS[1], 'fin', now + ARGV[1])
    return { redis.call('HINCRBY', KEYS[1], 'n', 1), tonumber(redis.call('HGET', KEYS[1], 'fin')) - now }
  `,
});
type WithScript = Redis & { compter(key: string, windowMs: number): Promise<[number, number]> };

export async function allow(client: string, limit: number, windowMs: number) {
  const [count, left] = await (redis as WithScript).compter(`limite:${client}`, windowMs);
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : left };
}
