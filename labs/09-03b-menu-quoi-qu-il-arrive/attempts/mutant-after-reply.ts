// to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?
// Répond, puis relit le menu pour son journal : la réponse est partie, le travail continue.
import { Redis } from 'ioredis';

export interface Shown {
  menu: Record<string, string> | null;
  stale: boolean;
}

const redis = new Redis({
  commandTimeout: 250,
  // Échouer vite, et le savoir : rien n'est renvoyé, rien n'est gardé pour plus tard.
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  retryStrategy: (essai) => 10 + Math.random() * Math.min(400, 20 * 2 ** essai),
});
redis.on('error', () => {});

const LIMITE = 5;
const REPOS_MS = 600;
let echecs = 0;
let ouvertJusqua = 0;
let essaiEnCours = false;

/** Un refus est une réponse : Redis est là. Seul compte ce qui dit qu'il se tait, ou qu'il demande du repos. */
const estUnRefus = (erreur: unknown) =>
  /^(?:OOM|READONLY|NOAUTH|NOPERM|WRONGTYPE)/.test((erreur as Error).message);

/** Fermé, laisse passer ; ouvert, refuse sans attendre ; le repos écoulé, laisse passer un seul essai. */
async function parLeDisjoncteur<Valeur>(geste: () => Promise<Valeur>): Promise<Valeur> {
  const entrouvert = echecs >= LIMITE;
  if (entrouvert && (performance.now() < ouvertJusqua || essaiEnCours)) throw new Error('disjoncteur ouvert');
  essaiEnCours = entrouvert;
  try {
    const reponse = await geste();
    echecs = 0;
    return reponse;
  } catch (erreur) {
    if (estUnRefus(erreur)) echecs = 0;
    else if (++echecs >= LIMITE) ouvertJusqua = performance.now() + REPOS_MS;
    throw erreur;
  } finally {
    if (entrouvert) essaiEnCours = false;
  }
}

/** Le premier appel attend que la connexion soit faite ; ensuite, c'est le disjoncteur qui juge. */
const prete = new Promise<void>((faite) => redis.once('ready', faite));
const auPlus = (ms: number) => new Promise<void>((fin) => setTimeout(fin, ms));

const cle = (day: string) => `menu:${day}`;
const copies = new Map<string, Record<string, string> | null>();

export async function publish(day: string, menu: Record<string, string>): Promise<void> {
  await Promise.race([prete, auPlus(400)]);
  await parLeDisjoncteur(() => redis.set(cle(day), JSON.stringify(menu)));
}

export async function show(day: string): Promise<Shown> {
  await Promise.race([prete, auPlus(400)]);
  try {
    const texte = await parLeDisjoncteur(() => redis.get(cle(day)));
    const menu = texte === null ? null : JSON.parse(texte);
    copies.set(day, menu);
    setTimeout(() => redis.get(cle(day)).catch(() => {}), 2);
    return { menu, stale: false };
  } catch {
    return { menu: copies.get(day) ?? null, stale: true };
  }
}
