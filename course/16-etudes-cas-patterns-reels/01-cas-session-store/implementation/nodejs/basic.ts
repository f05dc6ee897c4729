/**
 * Session store, étape 1 : un document RedisJSON par session, une échéance qui glisse.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Ce que Feuillets garde d'un visiteur entre deux requêtes. */
export interface Session {
  user: string | null;
  device: { name: string; address: string };
  prefs: Record<string, string>;
  cart: Record<string, number>;
  recent: string[];
}

const idleMs = 30 * 60_000;

// #region creer
/** Ouvre une session ; l'identifiant est imprévisible, car il vaut mot de passe tant qu'elle vit. */
export async function open(redis: Redis, session: Session): Promise<string> {
  const id = randomBytes(16).toString('base64url');
  const key = `session:${id}`;
  const written = await redis
    .multi()
    .call('JSON.SET', key, '$', JSON.stringify(session))
    .pexpire(key, idleMs)
    .exec();
  raise(written);
  return id;
}
// #endregion creer

// #region lire
/** Lit une session et repousse son échéance, en un aller-retour ; `null` si elle est morte. */
export async function read(redis: Redis, id: string): Promise<Session | null> {
  const key = `session:${id}`;
  const replies = raise(await redis.multi().call('JSON.GET', key).pexpire(key, idleMs).exec());
  return typeof replies[0] === 'string' ? parse(replies[0]) : null;
}
// #endregion lire

// #region panier
/** Ajoute un livre au panier, sans relire la session ; rend la quantité, ou `null` si la session est morte. */
export async function addToCart(
  redis: Redis,
  id: string,
  book: string,
  quantity: number,
): Promise<number | null> {
  if (!/^[\w-]{1,64}$/.test(book)) throw new RangeError(`référence invalide : ${book}`);
  const key = `session:${id}`;
  const path = `$.cart["${book}"]`;
  const replies = await redis
    .multi()
    .call('JSON.SET', key, path, '0', 'NX') // la ligne du panier, si elle n'existe pas encore
    .call('JSON.NUMINCRBY', key, path, String(quantity))
    .exec();
  const dead = replies?.[0]?.[0]?.message.includes('must be created at the root');
  return dead ? null : Number(String(raise(replies)[1]).replace(/[[\]]/g, ''));
}
// #endregion panier

/** Ferme une session. */
export async function close(redis: Redis, id: string): Promise<void> {
  await redis.unlink(`session:${id}`);
}

/** Le texte d'un document, devenu session. */
export function parse(text: string): Session {
  return JSON.parse(text);
}

/** Les réponses d'un MULTI, ou la première erreur qu'il contient : sans cela, elle passerait inaperçue. */
export function raise(replies: [error: Error | null, reply: unknown][] | null): unknown[] {
  if (!replies) throw new Error('transaction abandonnée');
  for (const [error] of replies) if (error) throw error;
  return replies.map(([, reply]) => reply);
}
