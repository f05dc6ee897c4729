import { Redis } from 'ioredis';

export interface Decision {
  allowed: boolean;
  remaining: number;
  retryAfterMs: number;
}

const redis = new Redis();

// Un script est exécuté d'un bloc : aucune autre commande ne passe entre INCR et PEXPIRE.
redis.defineCommand('fenetreFixe', {
  numberOfKeys: 1,
  lua: `
    -- KEYS[1] compteur du client   ARGV[1] durée de la fenêtre (ms)   → {compte, reste de la fenêtre (ms)}
    local compte = redis.call('INCR', KEYS[1])
    if compte == 1 then
      redis.call('PEXPIRE', KEYS[1], ARGV[1])
    end
    return { compte, redis.call('PTTL', KEYS[1]) }
  `,
});

type AvecScript = Redis & { fenetreFixe(cle: string, dureeMs: number): Promise<[number, number]> };

export async function allow(client: string, limit: number, windowMs: number): Promise<Decision> {
  const [compte, resteMs] = await (redis as AvecScript).fenetreFixe(`limite:${client}`, windowMs);
  const allowed = compte <= limit;
  return {
    allowed,
    remaining: Math.max(0, limit - compte),
    retryAfterMs: allowed ? 0 : resteMs,
  };
}
