// to-review two-tabs=book-lost, cost-round-trips=too-many-round-trips
// Relit la session, change le panier, récrit le tout : le second onglet efface le premier.
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

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  const text = JSON.stringify({ user, cart: {}, fin: Date.now() + lifetimeMs });
  await redis.set(cle(id), text, 'PX', Math.min(idleMs, lifetimeMs));
}

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const text = await (redis as Redis & { lire(cle: string, idleMs: number): Promise<string | null> }).lire(cle(id), idleMs);
  if (text === null) return null;
  const { user, cart }: Session = JSON.parse(text);
  return { user, cart };
}

export async function add(id: string, book: string, quantity: number): Promise<number | null> {
  const text = await redis.get(cle(id));
  if (text === null) return null;
  const session: Session = JSON.parse(text);
  session.cart[book] = (session.cart[book] ?? 0) + quantity;
  return (await redis.call('SET', cle(id), JSON.stringify(session), 'KEEPTTL', 'XX')) ? session.cart[book] : null;
}
