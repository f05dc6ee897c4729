from typing import TypedDict

import redis


class Decision(TypedDict):
    allowed: bool
    remaining: int
    retryAfterMs: int


r = redis.Redis(decode_responses=True)

# Un script est exécuté d'un bloc : aucune autre commande ne passe entre INCR et PEXPIRE.
fenetre_fixe = r.register_script("""
    -- KEYS[1] compteur du client   ARGV[1] durée de la fenêtre (ms)   → {compte, reste de la fenêtre (ms)}
    local compte = redis.call('INCR', KEYS[1])
    if compte == 1 then
      redis.call('PEXPIRE', KEYS[1], ARGV[1])
    end
    return { compte, redis.call('PTTL', KEYS[1]) }
""")


def allow(client: str, limit: int, window_ms: int) -> Decision:
    compte, reste_ms = fenetre_fixe(keys=[f"limite:{client}"], args=[window_ms])
    allowed = compte <= limit
    return {
        "allowed": allowed,
        "remaining": max(0, limit - compte),
        "retryAfterMs": 0 if allowed else reste_ms,
    }
