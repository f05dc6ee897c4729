// passed
// Pas de compte d’échecs : le premier suffit, et chaque essai réserve l’instant du suivant.
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

const REPOS_MS = 600;
let malade = false;
let prochainEssai = 0;

/** Un refus est une réponse : Redis est là. */
const estUnRefus = (erreur: unknown) =>
  /^(?:OOM|READONLY|NOAUTH|NOPERM|WRONGTYPE)/.test((erreur as Error).message);

/** Au premier échec, Redis est tenu pour malade : un appel toutes les 600 ms réserve sa place pour prendre de ses nouvelles. */
async function parLeDisjoncteur<Valeur>(geste: () => Promise<Valeur>): Promise<Valeur> {
  if (malade) {
    if (performance.now() < prochainEssai) throw new Error('on attend');
    prochainEssai = performance.now() + REPOS_MS;
  }
  try {
    const reponse = await geste();
    malade = false;
    return reponse;
  } catch (erreur) {
    malade = !estUnRefus(erreur);
    if (malade) prochainEssai = performance.now() + REPOS_MS;
    throw erreur;
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
    return { menu, stale: false };
  } catch {
    return { menu: copies.get(day) ?? null, stale: true };
  }
}
