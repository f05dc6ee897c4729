"""Un disjoncteur : cesser de demander à qui ne répond plus.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import threading
import time
from typing import Literal


# #region disjoncteur
class Breaker:
    """Fermé, il laisse passer ; ouvert, il refuse sans attendre ; entrouvert, il laisse passer un seul essai."""

    def __init__(self, limit: int, rest: float) -> None:
        self._limit, self._rest = limit, rest
        self._failures, self._open_until, self._trying = 0, 0.0, False
        self._lock = threading.Lock()

    @property
    def state(self) -> Literal["closed", "open", "half-open"]:
        if self._failures < self._limit:
            return "closed"
        return "open" if time.monotonic() < self._open_until else "half-open"

    def admit(self) -> bool:
        """Dit si l'appel peut partir ; entrouvert, un seul appelant l'obtient."""
        with self._lock:
            state = self.state
            if state == "open" or (state == "half-open" and self._trying):
                return False
            self._trying = state == "half-open"
            return True

    def succeed(self) -> None:
        with self._lock:
            self._failures, self._trying = 0, False

    def fail(self) -> None:
        with self._lock:
            self._failures, self._trying = self._failures + 1, False
            if self._failures >= self._limit:
                self._open_until = time.monotonic() + self._rest
# #endregion disjoncteur
