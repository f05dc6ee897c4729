// passed
// EVALSHA à la main, avec le rattrapage de NOSCRIPT ; la décision elle-même est prise dans le script.
import { createHash } from 'node:crypto';
import { Redis, type ReplyError } from 'ioredis';

const redis = new Redis();
const script = `
  local count = tonumber(redis.call('GET', KEYS[1]) or '0')
  local limit = tonumber(ARGV[1])
  if count >= limit then
    return { 0, 0, redis.call('PTTL', KEYS[1]) }
  end
  if count == 0 then
    redis.call('SET', KEYS[1], 1, 'PX', ARGV[2])
  else
    redis.call('INCR', KEYS[1])
  end
  return { 1, limit - count - 1, 0 }
`;
const sha = createHash('sha1').update(script).digest('hex');

export async function allow(client: string, limit: number, windowMs: number) {
  const args = [1, `fenetre:${client}`, limit, windowMs] as const;
  const reply = (await redis.evalsha(sha, ...args).catch((error: ReplyError) => {
    if (!error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script, ...args);
  })) as [number, number, number];
  return { allowed: reply[0] === 1, remaining: reply[1], retryAfterMs: reply[2] };
}
