"""Les pannes d'un appel à Redis : leur nom, et le temps à laisser passer avant de rejouer.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import random
from typing import Literal

from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
    TryAgainError,
)

# #region erreurs
#: Ce qui a manqué : la connexion, le temps, le maître, la place ; ou rien de tout cela, et c'est un défaut du code.
Failure = Literal["connection", "timeout", "readonly", "full", "busy", "defect"]


def failure_of(error: Exception) -> Failure:
    """Range une erreur de redis-py selon ce qu'il faut en faire."""
    message = str(error)
    # Dans un script, Redis 7 garde le code de l'erreur en tête du message ; redis-py n'en fait pas toujours un type.
    if isinstance(error, ReadOnlyError) or (isinstance(error, ResponseError) and message.startswith("READONLY")):
        return "readonly"
    if isinstance(error, OutOfMemoryError) or (isinstance(error, ResponseError) and message.startswith("OOM")):
        return "full"
    if isinstance(error, (BusyLoadingError, TryAgainError)) or message.startswith(("BUSY", "LOADING", "MASTERDOWN")):
        return "busy"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, (ConnectionError, OSError)):
        return "connection"
    return "defect"


class CacheUnavailable(Exception):
    """Le cache ne répond pas. L'appelant d'une lecture ne la voit jamais ; celui d'une invalidation doit la voir."""

    def __init__(self, failure: Failure | Literal["breaker"]) -> None:
        super().__init__(f"cache inaccessible ({failure})")
        self.failure = failure
# #endregion erreurs


# #region pause
def pause(attempt: int, backoff: float, cap: float) -> float:
    """Recul exponentiel, tiré au hasard de zéro au plafond : mille clients ne reviennent pas au même instant."""
    return random.random() * min(cap, backoff * 2 ** (attempt - 1))
# #endregion pause
