# to-review cut-before=gave-up, cut-after=gave-up, loading=no-patience
# Un seul essai : la moindre coupure refuse le plateau.
import random
import time
from typing import TypedDict

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class Debit(TypedDict):
    state: str
    left: int | None


# Les essais sont les nôtres : le client ne renvoie rien de lui-même, et rend la main en 400 ms.
r = redis.Redis(
    decode_responses=True,
    socket_timeout=0.4,
    socket_connect_timeout=0.4,
    retry=Retry(NoBackoff(), 0),
)

debiter = r.register_script("""
    -- KEYS[1] solde   KEYS[2] passage   ARGV[1] montant   ARGV[2] mémoire du passage (ms)
    local reste = redis.call('GET', KEYS[2])
    if reste then return { 'done', tonumber(reste) } end
    local solde = tonumber(redis.call('GET', KEYS[1]) or '0')
    reste = solde - tonumber(ARGV[1])
    if reste < 0 then return { 'short', solde } end
    redis.call('SET', KEYS[2], reste, 'PX', ARGV[2])
    redis.call('SET', KEYS[1], reste)
    return { 'done', reste }
""")

DELAI_S = 0
# Ce que le temps ne guérit pas.
SANS_ESPOIR = (redis.exceptions.OutOfMemoryError, redis.AuthenticationError)


def avec_patience(geste):
    """Essaie jusqu'à la réussite ou la fin du délai ; la pause double, tirée au hasard."""
    limite = time.monotonic() + DELAI_S
    essai = 0
    while True:
        try:
            return geste()
        except SANS_ESPOIR:
            return None
        except redis.RedisError:
            attente = 0.02 + random.random() * 0.02 + min(0.3, 0.04 * 2**essai)
            if time.monotonic() + attente > limite:
                return None
            time.sleep(attente)
            essai += 1


def credit(card: str, cents: int) -> None:
    r.incrby(f"carte:{{{card}}}", cents)


def balance(card: str) -> int:
    return int(avec_patience(lambda: r.get(f"carte:{{{card}}}")) or 0)


def debit(card: str, cents: int, passage: str) -> Debit:
    # Le passage nomme le débit : le rejouer rend la première réponse.
    cles = [f"carte:{{{card}}}", f"passage:{{{card}}}:{passage}"]
    reponse = avec_patience(lambda: debiter(keys=cles, args=[cents, 86_400_000]))
    if reponse is None:
        return {"state": "failed", "left": None}
    return {"state": reponse[0], "left": reponse[1]}
