"""Un budget de rejeux : une part du trafic, pour que les rejeux n'achèvent pas un serveur surchargé.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

import threading


# #region budget
class RetryBudget:
    """Chaque appel verse une fraction d'essai, chaque rejeu en coûte un entier."""

    def __init__(self, share: float, reserve: float) -> None:
        self._share, self._reserve, self._credit = share, reserve, reserve
        self._lock = threading.Lock()

    def earn(self) -> None:
        with self._lock:
            self._credit = min(self._reserve, self._credit + self._share)

    def spend(self) -> bool:
        with self._lock:
            if self._credit < 1:
                return False
            self._credit -= 1
            return True
# #endregion budget
