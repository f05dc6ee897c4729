// passed
// Un ensemble trié : le membre porte l'instant, l'écrire deux fois ne change rien.
import { Redis } from 'ioredis';

export interface Sample {
  at: number;
  value: number;
}

const redis = new Redis({
  commandTimeout: 400,
  // Les essais sont les nôtres : le client ne renvoie rien de lui-même et ne garde rien en attente.
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
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
      if (performance.now() + attente > limite) return null;
      await new Promise((fin) => setTimeout(fin, attente));
    }
  }
}

export async function ingest(sensor: string, at: number, value: number): Promise<{ stored: boolean }> {
  // LAST rend l'écriture répétable : la même mesure au même instant ne change rien.
  const reponse = await avecPatience(() =>
    redis.zadd(`mesures:${sensor}`, at, `${at}:${value}`),
  );
  return { stored: reponse !== null };
}

export async function read(sensor: string): Promise<Sample[]> {
  const points = await avecPatience(() => redis.zrange(`mesures:${sensor}`, 0, -1));
  return (points ?? []).map((point) => {
    const [at, value] = point.split(':');
    return { at: Number(at), value: Number(value) };
  });
}
