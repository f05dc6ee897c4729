// to-review absolute=deadline-pushed
// La fin absolue est gardée par le serveur qui a ouvert la session : les autres ne la connaissent pas.
import { Redis } from 'ioredis';

export interface Session {
  user: string;
  cart: Record<string, number>;
}

const redis = new Redis();
const cle = (id: string) => `session:${id}`;

const fins = new Map<string, number>();

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  fins.set(id, Date.now() + lifetimeMs);
  const document = JSON.stringify({ user, cart: {} });
  await redis.multi().call('JSON.SET', cle(id), '$', document).pexpire(cle(id), Math.min(idleMs, lifetimeMs)).exec();
}

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const reste = (fins.get(id) ?? Infinity) - Date.now();
  const replies = await redis.multi().call('JSON.GET', cle(id)).pexpire(cle(id), Math.min(idleMs, reste)).exec();
  const document = replies![0]![1];
  return typeof document === 'string' ? JSON.parse(document) : null;
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
