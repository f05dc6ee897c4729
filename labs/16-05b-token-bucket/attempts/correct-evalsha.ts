// passed
// EVALSHA à la main, et le rattrapage de NOSCRIPT.
import { Redis } from 'ioredis';

import { createHash } from 'node:crypto';

const redis = new Redis();
const script = `
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
`;
const sha = createHash('sha1').update(script).digest('hex');

export async function take(client: string, capacity: number, refillPerSecond: number, cost: number) {
  const args = [1, `bucket:{${client}}`, capacity, refillPerSecond, cost] as const;
  const reply = (await redis.evalsha(sha, ...args).catch((error: Error) => {
    if (!error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script, ...args);
  })) as [number, string, number];
  return { allowed: reply[0] === 1, tokens: Number(reply[1]), retryAfterMs: reply[2] };
}
