// to-review slides=did-not-slide, after-reply=work-after-reply
// Répond d’abord, repousse l’échéance ensuite : la réponse est rapide, le travail ne l’est pas.
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

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const document = await redis.call('JSON.GET', cle(id));
  if (typeof document !== 'string') return null;
  const { user, cart, deadline }: Session & { deadline: number } = JSON.parse(document);
  setImmediate(() => void redis.pexpire(cle(id), Math.min(idleMs, deadline - Date.now())));
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
