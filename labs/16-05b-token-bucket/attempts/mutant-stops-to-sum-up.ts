// to-review steady-rate=some-wait-long
// Un bilan des décisions, fait d'un trait toutes les 800 ms : toutes les requêtes qui arrivent pendant qu'il dure
// l'attendent. Un client qui attend chaque réponse n'en envoie qu'une à ce moment-là, et ne voit rien.
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';

export interface Decision {
  allowed: boolean;
  tokens: number;
  retryAfterMs: number;
}

const redis = new Redis();

// Le seau n'est pas rempli par une horloge qui tourne : on calcule, à chaque demande, ce qui est revenu depuis la
// précédente. L'heure est celle de Redis, la seule que toutes les passerelles partagent.
redis.defineCommand('puiser', {
  numberOfKeys: 1,
  lua: `
    -- KEYS[1] seau du client   ARGV[1] capacité   ARGV[2] jetons par seconde   ARGV[3] prix de la requête
    -- → {acceptée, jetons restants (texte), attente (ms)}
    local capacite, debit, prix = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local heure = redis.call('TIME')
    local maintenant = heure[1] * 1000 + heure[2] / 1000

    local seau = redis.call('HMGET', KEYS[1], 'jetons', 'vu')
    local jetons = tonumber(seau[1]) or capacite
    local vu = tonumber(seau[2]) or maintenant
    jetons = math.min(capacite, jetons + (maintenant - vu) * debit / 1000)

    if prix > capacite then return { 0, tostring(jetons), -1 } end
    local acceptee = jetons >= prix
    if acceptee then jetons = jetons - prix end
    redis.call('HSET', KEYS[1], 'jetons', tostring(jetons), 'vu', string.format('%.3f', maintenant))
    -- Un seau plein n'a rien à retenir : la clé disparaît quand il le serait.
    redis.call('PEXPIRE', KEYS[1], math.ceil((capacite - jetons) / debit * 1000) + 1)
    if acceptee then return { 1, tostring(jetons), 0 } end
    return { 0, tostring(jetons), math.ceil((prix - jetons) / debit * 1000) }
  `,
});

type AvecScript = Redis & {
  puiser(cle: string, capacite: number, debit: number, prix: number): Promise<[number, string, number]>;
};

const journal: string[] = [];
const BILAN_MS = 300;

function bilan(): void {
  const debut = performance.now();
  while (performance.now() - debut < BILAN_MS) createHash('sha256').update(journal.join()).digest('hex');
  journal.length = 0;
}

setInterval(bilan, 800);

export async function take(
  client: string,
  capacity: number,
  refillPerSecond: number,
  cost: number,
): Promise<Decision> {
  const [acceptee, jetons, attenteMs] = await (redis as AvecScript).puiser(
    `seau:${client}`,
    capacity,
    refillPerSecond,
    cost,
  );
  journal.push(`${client} ${acceptee}`);
  return { allowed: acceptee === 1, tokens: Number(jetons), retryAfterMs: attenteMs };
}
