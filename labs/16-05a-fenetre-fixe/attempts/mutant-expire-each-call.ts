// to-review window-fixed=window-extended
// Repose l'échéance à chaque requête acceptée : sous un trafic régulier, la fenêtre ne finit jamais.
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('compter', {
  numberOfKeys: 1,
  lua: `
    local count = redis.call('INCR', KEYS[1])
    if count <= tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    return { count, redis.call('PTTL', KEYS[1]) }
  `,
});
type WithScript = Redis & { compter(key: string, limit: number, windowMs: number): Promise<[number, number]> };

export async function allow(client: string, limit: number, windowMs: number) {
  const [count, ttl] = await (redis as WithScript).compter(`limite:${client}`, limit, windowMs);
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : ttl };
}
