# to-review same-twice=debited-twice
# Rejoue DECRBY sans lui donner de nom.
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

DELAI_S = 1.1
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
    carte = f"carte:{{{card}}}"

    def geste() -> Debit:
        solde = int(r.get(carte) or 0)
        if solde < cents:
            return {"state": "short", "left": solde}
        return {"state": "done", "left": r.decrby(carte, cents)}

    return avec_patience(geste) or {"state": "failed", "left": None}
