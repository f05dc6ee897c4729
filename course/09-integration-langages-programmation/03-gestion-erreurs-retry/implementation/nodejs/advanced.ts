/**
 * Erreurs et retry, étape 2 : rejouer sans doubler.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Menu } from './basic.ts';
import { defaultPatience, retry, type Patience } from './retry.ts';

const source = readFileSync(new URL('../../lua-scripts/debit.lua', import.meta.url), 'utf8');
const sha = createHash('sha1').update(source).digest('hex');

/** Ce que devient un débit : fait, déjà fait par un essai précédent, refusé faute d'argent ou de carte. */
export interface Debit {
  outcome: 'done' | 'again' | 'short' | 'unknown';
  /** Solde de la carte après ce passage, en centimes. */
  left: number;
}

// #region debit
/** Un jour : bien plus que l'appelant le plus patient. */
const memoryMs = 24 * 3_600_000;

/** Débite une carte pour un passage ; le rejouer rend la première réponse. */
export async function debitOnce(redis: Redis, card: string, cents: number, passage: string): Promise<Debit> {
  const keys = [`carte:{${card}}`, `passage:{${card}}:${passage}`];
  const args = [...keys, cents, memoryMs];
  const reply = await redis.evalsha(sha, 2, ...args).catch((error: Error) => {
    // Redis a redémarré et oublié le script : rien n'a été fait, on le lui redit.
    if (!error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(source, 2, ...args);
  });
  const [outcome, left] = reply as [Debit['outcome'], number];
  return { outcome, left };
}
// #endregion debit

// #region cantine
/** La cantine qui rejoue : les lectures parce qu'elles sont sans effet, le débit parce qu'il a un nom. */
export class PatientCanteen {
  readonly redis: Redis;
  readonly patience: Patience;

  constructor(redis: Redis, patience: Partial<Patience> = {}) {
    this.redis = redis;
    this.patience = { ...defaultPatience, ...patience };
  }

  async menu(day: string): Promise<Menu | null> {
    const menu = await retry(() => this.redis.hgetall(`menu:${day}`), this.patience, { repeatable: true });
    return Object.keys(menu).length > 0 ? menu : null;
  }

  /** Le passage est tiré ici, avant le premier essai ; la caisse peut aussi donner le sien. */
  debit(card: string, cents: number, passage: string = randomUUID()): Promise<Debit> {
    return retry(() => debitOnce(this.redis, card, cents, passage), this.patience, { repeatable: true });
  }

  /** N'a pas de nom, donc n'est rejoué que si rien n'a pu être exécuté. */
  tip(cents: number): Promise<number> {
    return retry(() => this.redis.incrby('pourboires', cents), this.patience, { repeatable: false });
  }
}
// #endregion cantine
