// to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?, cost-commands=too-many-commands?
// Tient des statistiques après avoir répondu : la réponse est rapide, le travail ne l'est pas.
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('puiser', {
  numberOfKeys: 1,
  lua: `
    local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local t = redis.call('TIME')
    local now = t[1] * 1000 + t[2] / 1000
    local b = redis.call('HMGET', KEYS[1], 'n', 'at')
    local n, at = tonumber(b[1]) or capacity, tonumber(b[2]) or now
    n = math.min(capacity, n + (now - at) * rate / 1000)
    if cost > capacity then return { 0, tostring(n), -1 } end
    local ok = n >= cost
    if ok then n = n - cost end
    redis.call('HSET', KEYS[1], 'n', tostring(n), 'at', string.format('%.3f', now))
    redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - n) / rate * 1000) + 1)
    if ok then return { 1, tostring(n), 0 } end
    return { 0, tostring(n), math.ceil((cost - n) / rate * 1000) }
  `,
});
type WithScript = Redis & { puiser(key: string, ...args: (string | number)[]): Promise<[number, string, number]> };

export async function take(client: string, capacity: number, refillPerSecond: number, cost: number) {
  const [allowed, tokens, retryAfterMs] = await (redis as WithScript).puiser(`seau:${client}`, capacity, refillPerSecond, cost);
  setImmediate(() => void redis.set('derniere-decision', Date.now(), 'PX', 1000));
  return { allowed: allowed === 1, tokens: Number(tokens), retryAfterMs };
}
