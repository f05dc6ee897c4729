/**
 * Session store, étape 2 : échéance absolue, index par compte, rotation, révocation.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';
import { parse, raise, type Session } from './basic.ts';

export type { Session };

// #region jeton
/** Ce que dit un cookie : à qui est la session, et sous quelle empreinte Redis la range. */
export interface Name {
  owner: string;
  id: string;
}

/** Un jeton neuf : 128 bits de hasard derrière une étiquette de compte qui n'est pas un secret. */
export function newToken(owner: string): string {
  if (!/^[\w-]{1,32}$/.test(owner)) throw new RangeError(`étiquette de compte invalide : ${owner}`);
  return `${owner}.${randomBytes(16).toString('base64url')}`;
}

/** Lit un jeton reçu ; `null` s'il n'en a pas la forme. Redis ne voit que l'empreinte du secret. */
export function parseToken(token: string): Name | null {
  const [, owner, secret] = /^([\w-]{1,32})\.([\w-]{22})$/.exec(token) ?? [];
  if (!owner || !secret) return null;
  return { owner, id: createHash('sha256').update(secret).digest().subarray(0, 16).toString('base64url') };
}
// #endregion jeton

// #region cles
/** L'accolade garde le document et l'index d'un compte sur le même nœud d'un cluster. */
const documentKey = ({ owner, id }: Name) => `session:{${owner}}:${id}`;
const indexKey = (owner: string) => `sessions:{${owner}}`;
// #endregion cles

// #region script
/** Un script du dossier `lua-scripts`, appelé par empreinte ; le texte ne part que si Redis l'a oublié. */
function load(name: string) {
  const source = readFileSync(new URL(`../../lua-scripts/${name}.lua`, import.meta.url), 'utf8');
  const sha = createHash('sha1').update(source).digest('hex');
  return async (redis: Redis | Cluster, keys: string[], args: (string | number)[]): Promise<unknown> => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(source, keys.length, ...keys, ...args);
    }
  };
}

const scripts = { open: load('open'), touch: load('touch'), rotate: load('rotate'), revoke: load('revoke') };
// #endregion script

/** Les durées d'une session, en millisecondes, et ce qu'un compte peut en ouvrir. */
export interface Lifetimes {
  idleMs: number;
  lifetimeMs: number;
  stepMs: number;
  perOwner: number;
}

/** Trente minutes d'inactivité, douze heures au plus, une échéance réécrite une fois par minute au plus. */
export const defaultLifetimes: Lifetimes = {
  idleMs: 30 * 60_000,
  lifetimeMs: 12 * 3_600_000,
  stepMs: 60_000,
  perOwner: 20,
};

/** Une session telle que son propriétaire la voit dans « Mes appareils ». */
export interface Device {
  id: string;
  name: string;
  address: string;
  expiresInMs: number;
}

/** Le stockage des sessions d'un ensemble de serveurs. */
export class SessionStore {
  readonly redis: Redis | Cluster;
  readonly lifetimes: Lifetimes;

  constructor(redis: Redis | Cluster, lifetimes: Partial<Lifetimes> = {}) {
    this.redis = redis;
    this.lifetimes = { ...defaultLifetimes, ...lifetimes };
  }

  // #region ouvrir
  /** Ouvre une session sous un jeton neuf, ou sous celui qu'on donne : rejouer l'appel ne l'ouvre pas deux fois. */
  async open(owner: string, session: Session, token = newToken(owner)): Promise<string> {
    const name = this.#name(token);
    const { idleMs, lifetimeMs, perOwner } = this.lifetimes;
    const args = [name.id, JSON.stringify(session), idleMs, lifetimeMs, perOwner];
    await scripts.open(this.redis, [documentKey(name), indexKey(owner)], args);
    return token;
  }
  // #endregion ouvrir

  // #region toucher
  /** Lit une session et fait glisser son échéance ; `null` si elle est expirée, révoquée, ou n'a jamais existé. */
  async touch(token: string): Promise<Session | null> {
    const name = parseToken(token);
    if (!name) return null;
    const { idleMs, stepMs } = this.lifetimes;
    const reply = await scripts.touch(
      this.redis,
      [documentKey(name), indexKey(name.owner)],
      [name.id, idleMs, stepMs],
    );
    return typeof reply === 'string' ? parse(reply) : null;
  }
  // #endregion toucher

  // #region ecrire
  /** Remplace une préférence sans relire la session ; `false` si elle est morte. Rejouable. */
  async setPreference(token: string, preference: string, value: string): Promise<boolean> {
    const name = this.#name(token);
    try {
      await this.redis.call(
        'JSON.SET',
        documentKey(name),
        `$.prefs${field(preference)}`,
        JSON.stringify(value),
      );
      return true;
    } catch (error) {
      if (isDead(error)) return false;
      throw error;
    }
  }

  /** Ajoute un livre au panier ; rend la quantité, ou `null` si la session est morte. Rejoué, il compte deux fois. */
  async addToCart(token: string, book: string, quantity: number): Promise<number | null> {
    const key = documentKey(this.#name(token));
    const path = `$.cart${field(book)}`;
    const replies = await this.redis
      .multi()
      .call('JSON.SET', key, path, '0', 'NX')
      .call('JSON.NUMINCRBY', key, path, String(quantity))
      .exec();
    if (isDead(replies?.[0]?.[0])) return null;
    return Number(String(raise(replies)[1]).replace(/[[\]]/g, ''));
  }
  // #endregion ecrire

  // #region renouveler
  /** Change l'identifiant d'une session du même compte (élévation de droits) ; `null` si elle est morte. */
  async rotate(token: string): Promise<string | null> {
    const old = this.#name(token);
    const renewed = newToken(old.owner);
    const name = this.#name(renewed);
    const keys = [documentKey(old), documentKey(name), indexKey(old.owner)];
    return (await scripts.rotate(this.redis, keys, [old.id, name.id])) === 1 ? renewed : null;
  }

  /** Connecte un visiteur : session neuve sous son compte, avec son panier ; l'ancien identifiant meurt. */
  async login(anonymous: string, owner: string): Promise<string | null> {
    const visitor = await this.touch(anonymous);
    if (!visitor) return null;
    const token = await this.open(owner, { ...visitor, user: owner });
    const last = await this.#take(anonymous); // un autre onglet a pu remplir le panier entre-temps
    for (const [book, quantity] of Object.entries(last?.cart ?? {})) {
      const missed = quantity - (visitor.cart[book] ?? 0);
      if (missed > 0) await this.addToCart(token, book, missed);
    }
    return token;
  }
  // #endregion renouveler

  // #region fermer
  /** Ferme une session. */
  async close(token: string): Promise<void> {
    if (parseToken(token)) await this.#take(token);
  }

  /** Déconnecte un compte partout, sauf éventuellement ici ; rend le nombre de sessions révoquées. */
  async closeAll(owner: string, kept?: string): Promise<number> {
    const keptId = kept ? this.#name(kept).id : '';
    const revoked = await scripts.revoke(this.redis, [indexKey(owner)], [keptId]);
    const keys = Array.isArray(revoked) ? revoked.map((id) => documentKey({ owner, id: String(id) })) : [];
    if (keys.length > 0) await this.redis.unlink(...keys);
    return keys.length;
  }
  // #endregion fermer

  // #region lister
  /** Les appareils connectés d'un compte, sans parcourir les clés ; les sessions expirées n'y figurent plus. */
  async list(owner: string): Promise<Device[]> {
    const ids = await this.redis.zrange(indexKey(owner), '0', '-1');
    const reading = this.redis.pipeline();
    for (const id of ids)
      reading.call('JSON.GET', documentKey({ owner, id }), '.device').pttl(documentKey({ owner, id }));
    const replies = (await reading.exec()) ?? [];
    return ids.flatMap((id, rank) => {
      const [device, ttl] = [replies[2 * rank]?.[1], replies[2 * rank + 1]?.[1]];
      return typeof device === 'string' ? [{ id, ...JSON.parse(device), expiresInMs: Number(ttl) }] : [];
    });
  }
  // #endregion lister

  /** Retire une session et rend son dernier état : rien ne peut s'y écrire entre la lecture et la suppression. */
  async #take(token: string): Promise<Session | null> {
    const name = this.#name(token);
    const key = documentKey(name);
    const taking = this.redis
      .multi()
      .zrem(indexKey(name.owner), name.id)
      .call('JSON.GET', key)
      .call('UNLINK', key);
    const [, document] = raise(await taking.exec());
    return typeof document === 'string' ? parse(document) : null;
  }

  #name(token: string): Name {
    const name = parseToken(token);
    if (!name) throw new RangeError('jeton de session malformé');
    return name;
  }
}

/** Un champ dans un chemin JSON ; ce que le visiteur envoie ne doit jamais pouvoir fermer le crochet. */
function field(name: string): string {
  if (!/^[\w-]{1,64}$/.test(name)) throw new RangeError(`nom de champ invalide : ${name}`);
  return `["${name}"]`;
}

/** Écrire dans une session absente échoue au lieu de la recréer : c'est ce que l'on veut. */
const isDead = (error: unknown) =>
  error instanceof Error && error.message.includes('must be created at the root');
