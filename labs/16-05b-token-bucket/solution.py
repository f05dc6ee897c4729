from typing import TypedDict

import redis


class Decision(TypedDict):
    allowed: bool
    tokens: float
    retryAfterMs: int


r = redis.Redis(decode_responses=True)

# Le seau n'est pas rempli par une horloge qui tourne : on calcule, à chaque demande, ce qui est revenu depuis la
# précédente. L'heure est celle de Redis, la seule que toutes les passerelles partagent.
puiser = r.register_script("""
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
""")


def take(client: str, capacity: float, refill_per_second: float, cost: float) -> Decision:
    acceptee, jetons, attente_ms = puiser(keys=[f"seau:{client}"], args=[capacity, refill_per_second, cost])
    return {"allowed": acceptee == 1, "tokens": float(jetons), "retryAfterMs": attente_ms}
