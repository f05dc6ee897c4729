// passed
// GCRA : une seule valeur par client, l'instant où le seau sera plein.
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('puiser', {
  numberOfKeys: 1,
  lua: `
    -- L'instant où le seau sera plein dit tout ; une clé absente dit « plein maintenant ».
    local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]) / 1000, tonumber(ARGV[3])
    local t = redis.call('TIME')
    local now = t[1] * 1000 + t[2] / 1000
    local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
    local tokens = capacity - (full - now) * rate
    if cost > capacity then return { 0, tostring(tokens), -1 } end
    if cost > tokens then return { 0, tostring(tokens), math.ceil((cost - tokens) / rate) } end
    full = full + cost / rate
    redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.max(1, math.ceil(full - now)))
    return { 1, tostring(tokens - cost), 0 }
  `,
});
type WithScript = Redis & { puiser(key: string, ...args: (string | number)[]): Promise<[number, string, number]> };

export async function take(client: string, capacity: number, refillPerSecond: number, cost: number) {
  const [allowed, tokens, retryAfterMs] = await (redis as WithScript).puiser(`seau:${client}`, capacity, refillPerSecond, cost);
  return { allowed: allowed === 1, tokens: Number(tokens), retryAfterMs };
}
