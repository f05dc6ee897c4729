// to-review no-replica=confirmed-alone
// Confirme ce que le primaire est seul à connaître.
import { Redis } from 'ioredis';

export interface Sample {
  at: number;
  value: number;
}

const redis = new Redis({
  sentinels: [26379, 26380, 26381].map((port) => ({ host: '127.0.0.1', port })),
  name: 'primaire',
  // Un serveur figé ne coupe rien : sans limite de temps, une commande attend pour toujours.
  commandTimeout: 2500,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  retryStrategy: (essai) => Math.min(300, 30 * essai),
  sentinelRetryStrategy: (essai) => Math.min(300, 30 * essai),
});
redis.on('error', () => {});

const DELAI_MS = 13_000;

/** Répète jusqu'à la réussite ou la fin du délai ; après un silence, redemande aux sentinelles où est le primaire. */
async function avecPatience<Valeur>(delaiMs: number, geste: () => Promise<Valeur>): Promise<Valeur | null> {
  const limite = performance.now() + delaiMs;
  while (performance.now() < limite) {
    try {
      return await geste();
    } catch (erreur) {
      // Couper un client qui cherche déjà le primaire arrêterait sa recherche pour de bon.
      const muet = erreur instanceof Error && /timed out|READONLY/.test(erreur.message);
      if (muet && redis.status === 'ready') redis.disconnect(true);
      await new Promise((fin) => setTimeout(fin, 100 + Math.random() * 100));
    }
  }
  return null;
}

export async function ingest(sensor: string, at: number, value: number): Promise<{ stored: boolean }> {
  const replicas = await avecPatience(DELAI_MS, async () => {
    await redis.zadd(`mesures:${sensor}`, at, `${at}:${value}`);
    return 1;
  });
  return { stored: (replicas ?? 0) >= 1 };
}

export async function read(sensor: string): Promise<Sample[]> {
  const lignes = await avecPatience(DELAI_MS, () => redis.zrange(`mesures:${sensor}`, '0', '-1'));
  return (lignes ?? []).map((ligne) => {
    const [at, value] = ligne.split(':').map(Number);
    return { at, value };
  });
}
