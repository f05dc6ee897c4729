// to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?
// Répond d’abord, tient le compte des passages ensuite : la réponse est rapide, le travail ne l’est pas.
import { Redis } from 'ioredis';

export interface Session {
  user: string;
  cart: Record<string, number>;
}

const redis = new Redis();
const cle = (id: string) => `session:${id}`;

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  const document = JSON.stringify({ user, cart: {}, deadline: Date.now() + lifetimeMs });
  await redis.multi().call('JSON.SET', cle(id), '$', document).pexpire(cle(id), Math.min(idleMs, lifetimeMs)).exec();
}

redis.defineCommand('lire', {
  numberOfKeys: 1,
  lua: `
    local document = redis.call('JSON.GET', KEYS[1])
    if not document then return false end
    local t = redis.call('TIME')
    local reste = redis.call('JSON.GET', KEYS[1], '.deadline') - t[1] * 1000 - math.floor(t[2] / 1000)
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), reste))
    return document`,
});
const lire = (id: string, idleMs: number) =>
  (redis as Redis & { lire(cle: string, idleMs: number): Promise<string | null> }).lire(cle(id), idleMs);
const session = ({ user, cart }: Session): Session => ({ user, cart });

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const document = await lire(id, idleMs);
  setImmediate(() => void redis.touch(cle(id)));
  return document === null ? null : session(JSON.parse(document));
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
