// to-review cost-bytes=too-many-bytes
// EVAL renvoie tout le script à chaque requête.
import { Redis } from 'ioredis';

const redis = new Redis();
const script = `
  -- Compte une requête de ce client dans sa fenêtre, et l'ouvre si c'est la première.
  -- KEYS[1] : le compteur du client ; ARGV[1] : la durée de la fenêtre, en millisecondes.
  local count = redis.call('INCR', KEYS[1])
  if count == 1 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
  end
  return { count, redis.call('PTTL', KEYS[1]) }
`;

export async function allow(client: string, limit: number, windowMs: number) {
  const [count, ttl] = (await redis.eval(script, 1, `limite:${client}`, windowMs)) as [number, number];
  const allowed = count <= limit;
  return { allowed, remaining: Math.max(0, limit - count), retryAfterMs: allowed ? 0 : ttl };
}
