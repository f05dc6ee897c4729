// to-review full=insists
// Rejoue toutes les erreurs, même celles que le temps ne guérit pas.
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

redis.defineCommand('debiter', {
  numberOfKeys: 2,
  lua: `
    -- KEYS[1] solde   KEYS[2] passage   ARGV[1] montant   ARGV[2] mémoire du passage (ms)
    local reste = redis.call('GET', KEYS[2])
    if reste then return { 'done', tonumber(reste) } end
    local solde = tonumber(redis.call('GET', KEYS[1]) or '0')
    reste = solde - tonumber(ARGV[1])
    if reste < 0 then return { 'short', solde } end
    redis.call('SET', KEYS[2], reste, 'PX', ARGV[2])
    redis.call('SET', KEYS[1], reste)
    return { 'done', reste }
  `,
});
type AvecScript = Redis & {
  debiter(
    carte: string,
    passage: string,
    montant: number,
    memoire: number,
  ): Promise<[Debit['state'], number]>;
};

const DELAI_MS = 1100;
/** Essaie jusqu'à la réussite ou la fin du délai ; la pause double, tirée au hasard. */
async function avecPatience<Valeur>(geste: () => Promise<Valeur>): Promise<Valeur | null> {
  const limite = performance.now() + DELAI_MS;
  for (let essai = 0; ; essai++) {
    try {
      return await geste();
    } catch {
      const attente = 10 + Math.random() * Math.min(120, 60 * 2 ** essai);
      if (performance.now() + attente > limite) return null;
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

export async function debit(card: string, cents: number, passage: string): Promise<Debit> {
  // Le passage nomme le débit : le rejouer rend la première réponse.
  const reponse = await avecPatience(() =>
    (redis as AvecScript).debiter(`carte:{${card}}`, `passage:{${card}}:${passage}`, cents, 86_400_000),
  );
  return reponse ? { state: reponse[0], left: reponse[1] } : { state: 'failed', left: null };
}
