// to-review sees=wrong-count
// Compte les appels au lieu des contenus différents.
import { Redis } from 'ioredis';

const redis = new Redis.Cluster([7000, 7001, 7002].map((port) => ({ host: '127.0.0.1', port })), {
  slotsRefreshTimeout: 2000,
});
redis.on('error', () => {});

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
  return avecPatience(async () => {
    await redis.sadd(`vus:${user}`, item);
    return redis.incr(`compte:${user}`);
  });
}

export function seen(user: string): Promise<string[]> {
  return avecPatience(async () => (await redis.smembers(`vus:${user}`)).toSorted());
}

export function inCommon(one: string, another: string): Promise<number> {
  // Deux clés, deux nœuds peut-être : SINTERCARD répondrait CROSSSLOT. On lit l'un, on demande à l'autre.
  return avecPatience(async () => {
    const vus = await redis.smembers(`vus:${one}`);
    if (vus.length === 0) return 0;
    const aussi = await redis.smismember(`vus:${another}`, ...vus);
    return aussi.filter((oui) => oui === 1).length;
  });
}
