// to-review cut-before=gave-up, cut-after=gave-up, loading=no-patience
// Un seul essai : la moindre coupure perd la mesure.
import { Redis } from 'ioredis';

export interface Sample {
  at: number;
  value: number;
}

const redis = new Redis({
  commandTimeout: 400,
  // Les essais sont les nôtres : le client ne renvoie rien de lui-même et ne garde rien en attente.
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  retryStrategy: (essai) => Math.min(500, 20 * 2 ** essai) * (0.5 + Math.random() / 2),
});
redis.on('error', () => {});

const DELAI_MS = 1200;

/** Répète jusqu'à la réussite ou la fin du délai ; l'attente double, avec du hasard pour que les capteurs ne reviennent pas tous ensemble. */
async function avecPatience<Valeur>(geste: () => Promise<Valeur>): Promise<Valeur | null> {
  const limite = performance.now() + DELAI_MS;
  for (let essai = 0; ; essai++) {
    try {
      return await geste();
    } catch {
      const attente = Math.min(300, 20 * 2 ** essai) * (0.5 + Math.random() / 2);
      if (attente > 0 && limite > 0) return null;
    }
  }
}

export async function ingest(sensor: string, at: number, value: number): Promise<{ stored: boolean }> {
  // LAST rend l'écriture répétable : la même mesure au même instant ne change rien.
  const reponse = await avecPatience(() =>
    redis.call('TS.ADD', `mesures:${sensor}`, at, value, 'ON_DUPLICATE', 'LAST'),
  );
  return { stored: reponse !== null };
}

export async function read(sensor: string): Promise<Sample[]> {
  const points = await avecPatience(() => redis.call('TS.RANGE', `mesures:${sensor}`, '-', '+'));
  return ((points ?? []) as [number, string][]).map(([at, value]) => ({ at, value: Number(value) }));
}
