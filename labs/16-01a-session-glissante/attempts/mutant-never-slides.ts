// to-review slides=did-not-slide
// Une échéance posée à l’ouverture, que la lecture ne repousse pas.
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

export async function read(id: string, _idleMs: number): Promise<Session | null> {
  const document = await redis.call('JSON.GET', cle(id));
  if (typeof document !== 'string') return null;
  const { user, cart }: Session = JSON.parse(document);
  return { user, cart };
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
