// passed
// Un hash, et un script pour chaque geste qui dépend de son existence.
import { Redis } from 'ioredis';

export interface Session {
  user: string;
  cart: Record<string, number>;
}

const redis = new Redis();
const cle = (id: string) => `session:${id}`;

const HASH = `local function session(key) return redis.call('HGETALL', key) end `;
redis.defineCommand('ouvrir', {
  numberOfKeys: 1,
  lua: `
    local t = redis.call('TIME')
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'user', ARGV[1], 'fin', string.format('%d', t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[3]))
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[2]), tonumber(ARGV[3])))`,
});
redis.defineCommand('lire', {
  numberOfKeys: 1,
  lua: `${HASH}
    local fin = redis.call('HGET', KEYS[1], 'fin')
    if not fin then return false end
    local t = redis.call('TIME')
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), fin - t[1] * 1000 - math.floor(t[2] / 1000)))
    return session(KEYS[1])`,
});
redis.defineCommand('ajouter', {
  numberOfKeys: 1,
  lua: `
    if redis.call('EXISTS', KEYS[1]) == 0 then return false end
    return redis.call('HINCRBY', KEYS[1], 'livre:' .. ARGV[1], ARGV[2])`,
});
type Scripts = Redis & {
  ouvrir(cle: string, user: string, idleMs: number, lifetimeMs: number): Promise<void>;
  lire(cle: string, idleMs: number): Promise<string[] | null>;
  ajouter(cle: string, book: string, quantity: number): Promise<number | null>;
};
const scripts = redis as Scripts;

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  await scripts.ouvrir(cle(id), user, idleMs, lifetimeMs);
}

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const flat = await scripts.lire(cle(id), idleMs);
  if (flat === null) return null;
  const found: Session = { user: '', cart: {} };
  for (let n = 0; n < flat.length; n += 2) {
    if (flat[n] === 'user') found.user = flat[n + 1]!;
    else if (flat[n]!.startsWith('livre:')) found.cart[flat[n]!.slice(6)] = Number(flat[n + 1]);
  }
  return found;
}

export async function add(id: string, book: string, quantity: number): Promise<number | null> {
  return scripts.ajouter(cle(id), book, quantity);
}
