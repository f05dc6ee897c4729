"""Une cloison : tant d'appels à la fois, tant qui attendent, et les autres sont refusés sur-le-champ.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


# #region cloison
class SourceOverloaded(Exception):
    """La base a plus de demandes qu'elle n'en peut servir : répondez 503, la file n'y gagnerait rien."""

    def __init__(self) -> None:
        super().__init__("la base a trop de requêtes en attente")


class Bulkhead:
    """Protège la base du trafic que le cache retenait."""

    def __init__(self, width: int, depth: int) -> None:
        self._places = threading.BoundedSemaphore(width)
        self._lock = threading.Lock()
        self._room = width + depth
        self._width = width
        self._inside = 0

    @property
    def running(self) -> int:
        return min(self._inside, self._width)

    def run(self, action: Callable[[], Value]) -> Value:
        with self._lock:
            if self._inside >= self._room:
                raise SourceOverloaded
            self._inside += 1
        try:
            with self._places:
                return action()
        finally:
            with self._lock:
                self._inside -= 1
# #endregion cloison
