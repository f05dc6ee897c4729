// passed
// Sans script : WATCH surveille le solde et la trace, MULTI écrit les deux, et l’on recommence si quelqu’un est passé.
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

const solde = (card: string) => `carte:{${card}}`;
let tour: Promise<unknown> = Promise.resolve();

/** WATCH surveille pour toute la connexion : un seul débit à la fois l’emploie. */
function chacunSonTour<Valeur>(geste: () => Promise<Valeur>): Promise<Valeur> {
  const passe = tour.then(geste);
  tour = passe.catch(() => {});
  return passe;
}

async function unEssai(card: string, cents: number, passage: string): Promise<Debit> {
  const trace = `passage:{${card}}:${passage}`;
  for (;;) {
    const lus = (await redis.pipeline().watch(solde(card), trace).get(trace).get(solde(card)).exec())!;
    for (const [erreur] of lus) if (erreur) throw erreur;
    const [deja, avant] = [lus[1]![1] as string | null, lus[2]![1]];
    if (deja !== null) return { state: 'done', left: Number(deja) };
    const left = Number(avant) - cents;
    if (left < 0) return { state: 'short', left: Number(avant) };
    const fait = await redis.multi().set(trace, left, 'PX', 86_400_000).set(solde(card), left).exec();
    if (fait) return { state: 'done', left };
  }
}

const DELAI_MS = 1100;
/** Dans un MULTI, la cause d’un EXECABORT est l’erreur de la commande refusée. */
const cause = (erreur: unknown) =>
  ((erreur as { previousErrors?: Error[] }).previousErrors?.[0] ?? (erreur as Error)).message;
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
      if (sansEspoir.test(cause(erreur)) || performance.now() + attente > limite) return null;
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
  const reponse = await avecPatience(() => chacunSonTour(() => unEssai(card, cents, passage)));
  return reponse ?? { state: 'failed', left: null };
}
