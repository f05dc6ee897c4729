import { Redis } from 'ioredis';

export interface Debit {
  state: 'done' | 'short' | 'failed';
  /** Solde après ce passage, en centimes ; null si l’on n’a pas pu débiter. */
  left: number | null;
}

const redis = new Redis();

export async function credit(card: string, cents: number): Promise<void> {
  await redis.incrby(`carte:{${card}}`, cents);
}

export async function balance(card: string): Promise<number> {
  return Number((await redis.get(`carte:{${card}}`)) ?? 0);
}

export async function debit(card: string, cents: number, _passage: string): Promise<Debit> {
  // Et si la réponse se perd ? Et si le même passage arrive deux fois ? Et si Redis ne répond pas ?
  const left = await redis.decrby(`carte:{${card}}`, cents);
  return { state: 'done', left };
}
