// passed
// Le document d’un côté, la fin absolue de l’autre : une seconde clé dont le TTL est la borne.
import { Redis } from 'ioredis';

export interface Session {
  user: string;
  cart: Record<string, number>;
}

const redis = new Redis();
const cle = (id: string) => `session:${id}`;

const borne = (id: string) => `session:${id}:borne`;
redis.defineCommand('lire', {
  numberOfKeys: 2,
  lua: `
    local document = redis.call('JSON.GET', KEYS[1])
    local reste = redis.call('PTTL', KEYS[2])
    if not document or reste < 0 then return false end
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), reste))
    return document`,
});

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  await redis
    .multi()
    .call('JSON.SET', cle(id), '$', JSON.stringify({ user, cart: {} }))
    .pexpire(cle(id), Math.min(idleMs, lifetimeMs))
    .set(borne(id), '1', 'PX', lifetimeMs)
    .exec();
}

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const scripts = redis as Redis & { lire(document: string, borne: string, idleMs: number): Promise<string | null> };
  const document = await scripts.lire(cle(id), borne(id), idleMs);
  return document === null ? null : JSON.parse(document);
}

export async function add(id: string, book: string, quantity: number): Promise<number | null> {
  const chemin = `$.cart["${book}"]`;
  const replies = await redis
    .multi()
    .call('JSON.SET', cle(id), chemin, '0', 'NX')
    .call('JSON.NUMINCRBY', cle(id), chemin, String(quantity))
    .exec();
  return replies![0]![0] ? null : Number(String(replies![1]![1]).replace(/[[\]]/g, ''));
}
