"""Les pannes d'un appel à Redis : leur nom, et ce que l'on sait de la commande.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
    TryAgainError,
)

# #region erreurs
#: Ce qui a manqué. « defect » : rien de tout cela, notre code a tort.
Failure = Literal["unreachable", "lost", "timeout", "busy", "readonly", "denied", "full", "defect"]


@dataclass(frozen=True)
class Known:
    """Ce que l'on sait après l'échec : la commande a-t-elle pu être exécutée, et attendre sert-il à quelque chose ?"""

    executed: Literal["no", "maybe"]
    passing: bool


FAILURES: dict[Failure, Known] = {
    "unreachable": Known("no", True),  # rien n'est parti
    "lost": Known("maybe", True),  # la connexion a cédé avant la réponse
    "timeout": Known("maybe", True),
    "busy": Known("no", True),  # LOADING, BUSY…
    "readonly": Known("no", True),  # un réplica : le maître est ailleurs
    "denied": Known("no", False),  # NOAUTH, WRONGPASS, NOPERM
    "full": Known("no", False),  # OOM
    "defect": Known("no", False),
}


def failure_of(error: Exception) -> Failure:
    """Range une erreur de redis-py ; l'ordre compte, car ses types héritent les uns des autres."""
    message = str(error)
    if isinstance(error, (AuthenticationError, NoPermissionError)):
        return "denied"  # avant ConnectionError, dont AuthenticationError hérite
    if isinstance(error, ReadOnlyError) or (isinstance(error, ResponseError) and message.startswith("READONLY")):
        return "readonly"
    if isinstance(error, OutOfMemoryError) or (isinstance(error, ResponseError) and message.startswith("OOM")):
        return "full"
    if isinstance(error, (BusyLoadingError, ClusterDownError, MasterDownError, TryAgainError)):
        return "busy"
    if isinstance(error, ResponseError):
        return "busy" if message.startswith(("BUSY ", "LOADING ", "MASTERDOWN ")) else "defect"
    if isinstance(error, TimeoutError):
        return "unreachable" if "connecting" in message else "timeout"
    if isinstance(error, ConnectionError):
        # « Error 111 connecting to… » : la connexion n'a jamais existé, la commande n'est pas partie.
        return "unreachable" if "connecting" in message or "available" in message else "lost"
    return "lost" if isinstance(error, OSError) else "defect"
# #endregion erreurs


class CallFailed(Exception):
    """L'appel a échoué, et voici de quelle manière ; l'erreur du client est dans « __cause__ »."""

    def __init__(self, failure: Failure | Literal["breaker", "closing"]) -> None:
        super().__init__(f"Redis n'a pas répondu ({failure})")
        self.failure = failure
