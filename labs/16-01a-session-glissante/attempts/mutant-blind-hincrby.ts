// to-review dies=dead-answered, closed-by-hand=dead-answered
// Augmente le champ sans se demander si la session existe : HINCRBY la recrée, sans échéance.
import { Redis } from 'ioredis';

export interface Session {
  user: string;
  cart: Record<string, number>;
}

const redis = new Redis();
const cle = (id: string) => `session:${id}`;

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  await redis
    .multi()
    .del(cle(id))
    .hset(cle(id), { user, fin: Date.now() + lifetimeMs })
    .pexpire(cle(id), Math.min(idleMs, lifetimeMs))
    .exec();
}

redis.defineCommand('lire', {
  numberOfKeys: 1,
  lua: `
    local fin = redis.call('HGET', KEYS[1], 'fin')
    if not fin then return false end
    local t = redis.call('TIME')
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), fin - t[1] * 1000 - math.floor(t[2] / 1000)))
    return redis.call('HGETALL', KEYS[1])`,
});

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const flat = await (redis as Redis & { lire(cle: string, idleMs: number): Promise<string[] | null> }).lire(cle(id), idleMs);
  if (flat === null) return null;
  const found: Session = { user: '', cart: {} };
  for (let n = 0; n < flat.length; n += 2) {
    if (flat[n] === 'user') found.user = flat[n + 1]!;
    else if (flat[n]!.startsWith('livre:')) found.cart[flat[n]!.slice(6)] = Number(flat[n + 1]);
  }
  return found;
}

export async function add(id: string, book: string, quantity: number): Promise<number | null> {
  return redis.hincrby(cle(id), `livre:${book}`, quantity);
}
