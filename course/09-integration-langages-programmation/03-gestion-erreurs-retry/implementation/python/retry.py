"""Rejouer : si c'est permis, tant qu'il reste du temps, de moins en moins souvent, et jamais tous ensemble.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from failure import FAILURES, CallFailed, Failure, failure_of

Reply = TypeVar("Reply")


@dataclass(frozen=True)
class Patience:
    """Ce que l'on s'accorde pour un appel, essais et pauses compris. Durées en secondes."""

    attempts: int = 3
    budget: float = 1.0
    backoff: float = 0.05
    backoff_cap: float = 0.5


# #region pause
def pause(attempt: int, patience: Patience) -> float:
    """Recul exponentiel, tiré au hasard de zéro au plafond (« full jitter »)."""
    return random.random() * min(patience.backoff_cap, patience.backoff * 2 ** (attempt - 1))
# #endregion pause


# #region rejouer
def retry(
    action: Callable[[], Reply],
    patience: Patience,
    *,
    repeatable: bool,
    on_retry: Callable[[Failure], bool] = lambda _: True,
) -> Reply:
    """Essaie, et recommence si la panne passe d'elle-même *et* si la commande n'a pas pu s'exécuter deux fois."""
    deadline = time.monotonic() + patience.budget
    attempt = 0
    while True:
        attempt += 1
        try:
            return action()
        except CallFailed:
            raise
        except Exception as error:
            failure = failure_of(error)
            if failure == "defect":
                raise
            known, wait = FAILURES[failure], pause(attempt, patience)
            worthwhile = (
                known.passing
                and (known.executed == "no" or repeatable)
                and attempt < patience.attempts
                and time.monotonic() + wait < deadline
            )
            if not worthwhile or not on_retry(failure):
                raise CallFailed(failure) from error
            time.sleep(wait)
# #endregion rejouer
