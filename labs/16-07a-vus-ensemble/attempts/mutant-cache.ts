// to-review spread=state-lost
// Garde les ensembles en mémoire, et ne les écrit que toutes les mille personnes.
import { Redis } from 'ioredis';

const redis = new Redis.Cluster([7000, 7001, 7002].map((port) => ({ host: '127.0.0.1', port })), {
  slotsRefreshTimeout: 2000,
});
redis.on('error', () => {});

const vusIci = new Map<string, Set<string>>();

const DELAI_MS = 12_000;

/** Le temps qu'un réplica soit élu, son emplacement ne répond plus : on réessaie. */
async function avecPatience<Valeur>(geste: () => Promise<Valeur>): Promise<Valeur> {
  const limite = performance.now() + DELAI_MS;
  for (;;) {
    try {
      return await geste();
    } catch (erreur) {
      if (performance.now() > limite) throw erreur;
      await new Promise((fin) => setTimeout(fin, 100 + Math.random() * 100));
    }
  }
}

export function see(user: string, item: string): Promise<number> {
  const ici = vusIci.get(user) ?? new Set<string>();
  vusIci.set(user, ici.add(item));
  return avecPatience(async () => {
    if (vusIci.size > 1000) for (const [nom, vus] of vusIci) await redis.sadd(`vus:${nom}`, ...vus);
    return ici.size;
  });
}

export function seen(user: string): Promise<string[]> {
  const ici = vusIci.get(user);
  if (ici) return Promise.resolve([...ici].toSorted());
  return avecPatience(async () => (await redis.smembers(`vus:${user}`)).toSorted());
}

export function inCommon(one: string, another: string): Promise<number> {
  // Deux clés, deux nœuds peut-être : SINTERCARD répondrait CROSSSLOT. On lit l'un, on demande à l'autre.
  return avecPatience(async () => {
    const [vus, autres] = [vusIci.get(one), vusIci.get(another)];
    return vus && autres ? vus.intersection(autres).size : 0;
  });
}
