import { Redis } from 'ioredis';

export interface Session {
  user: string;
  cart: Record<string, number>;
}

const redis = new Redis();
const cle = (id: string) => `session:${id}`;

redis.defineCommand('ouvrir', {
  numberOfKeys: 1,
  lua: `
    -- KEYS[1] session   ARGV[1] document   ARGV[2] inactivité (ms)   ARGV[3] durée de vie (ms)
    local t = redis.call('TIME')
    redis.call('JSON.SET', KEYS[1], '$', ARGV[1])
    redis.call('JSON.SET', KEYS[1], '$.deadline', string.format('%d', t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[3]))
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[2]), tonumber(ARGV[3])))
  `,
});

redis.defineCommand('lire', {
  numberOfKeys: 1,
  lua: `
    -- KEYS[1] session   ARGV[1] inactivité permise (ms)   → document, ou nil
    local document = redis.call('JSON.GET', KEYS[1])
    if not document then return false end
    local t = redis.call('TIME')
    local reste = redis.call('JSON.GET', KEYS[1], '.deadline') - t[1] * 1000 - math.floor(t[2] / 1000)
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), reste))
    return document
  `,
});

type AvecScripts = Redis & {
  ouvrir(cle: string, document: string, idleMs: number, lifetimeMs: number): Promise<void>;
  lire(cle: string, idleMs: number): Promise<string | null>;
};

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  await (redis as AvecScripts).ouvrir(cle(id), JSON.stringify({ user, cart: {} }), idleMs, lifetimeMs);
}

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const document = await (redis as AvecScripts).lire(cle(id), idleMs);
  if (document === null) return null;
  const { user, cart } = JSON.parse(document);
  return { user, cart };
}

export async function add(id: string, book: string, quantity: number): Promise<number | null> {
  const chemin = `$.cart["${book}"]`;
  const replies = await redis
    .multi()
    .call('JSON.SET', cle(id), chemin, '0', 'NX')
    .call('JSON.NUMINCRBY', cle(id), chemin, String(quantity))
    .exec();
  const [absente, total] = [replies![0][0], replies![1][1]];
  return absente ? null : Number(String(total).replace(/[[\]]/g, ''));
}
