import { Redis } from 'ioredis';

export interface Session {
  user: string;
  /** Référence du livre → quantité. */
  cart: Record<string, number>;
}

const redis = new Redis();

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  // Une chaîne, que l'on récrit tout entière. À vous de trouver mieux !
  await redis.set(`session:${id}`, JSON.stringify({ user, cart: {} }), 'PX', Math.min(idleMs, lifetimeMs));
}

export async function read(id: string, _idleMs: number): Promise<Session | null> {
  const text = await redis.get(`session:${id}`);
  return text === null ? null : JSON.parse(text);
}

export async function add(id: string, book: string, quantity: number): Promise<number | null> {
  const session = JSON.parse((await redis.get(`session:${id}`)) ?? '{"cart":{}}');
  session.cart[book] = (session.cart[book] ?? 0) + quantity;
  await redis.set(`session:${id}`, JSON.stringify(session));
  return session.cart[book];
}
