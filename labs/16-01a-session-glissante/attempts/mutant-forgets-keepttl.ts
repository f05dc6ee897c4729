// to-review absolute=deadline-pushed, every-key-expires=eternal-key
// Récrit la chaîne d’un bloc, mais SET sans KEEPTTL efface l’échéance.
import { Redis } from 'ioredis';

export interface Session {
  user: string;
  cart: Record<string, number>;
}

const redis = new Redis();
const cle = (id: string) => `session:${id}`;

redis.defineCommand('lire', {
  numberOfKeys: 1,
  lua: `
    local text = redis.call('GET', KEYS[1])
    if not text then return false end
    local t = redis.call('TIME')
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), cjson.decode(text).fin - t[1] * 1000 - math.floor(t[2] / 1000)))
    return text`,
});
redis.defineCommand('ajouter', {
  numberOfKeys: 1,
  lua: `
    local text = redis.call('GET', KEYS[1])
    if not text then return false end
    local session = cjson.decode(text)
    session.cart[ARGV[1]] = (session.cart[ARGV[1]] or 0) + ARGV[2]
    redis.call('SET', KEYS[1], cjson.encode(session))
    return session.cart[ARGV[1]]`,
});
type Scripts = Redis & {
  lire(cle: string, idleMs: number): Promise<string | null>;
  ajouter(cle: string, book: string, quantity: number): Promise<number | null>;
};

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  const text = JSON.stringify({ user, cart: {}, fin: Date.now() + lifetimeMs });
  await redis.set(cle(id), text, 'PX', Math.min(idleMs, lifetimeMs));
}

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const text = await (redis as Scripts).lire(cle(id), idleMs);
  if (text === null) return null;
  const { user, cart }: Session = JSON.parse(text);
  return { user, cart };
}

export async function add(id: string, book: string, quantity: number): Promise<number | null> {
  return (redis as Scripts).ajouter(cle(id), book, quantity);
}
