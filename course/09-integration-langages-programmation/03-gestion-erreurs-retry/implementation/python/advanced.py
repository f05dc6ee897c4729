"""Erreurs et retry, étape 2 : rejouer sans doubler.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.commands.core import Script

from basic import Menu
from retry import Patience, retry

SOURCE = (Path(__file__).parents[2] / "lua-scripts" / "debit.lua").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Debit:
    """Ce que devient un débit (« done », « again », « short », « unknown ») et le solde de la carte, en centimes."""

    outcome: str
    left: int


# #region debit
MEMORY_MS = 24 * 3_600_000
"""Un jour : bien plus que l'appelant le plus patient."""


def debit_once(script: Script, card: str, cents: int, passage: str) -> Debit:
    """Débite une carte pour un passage ; le rejouer rend la première réponse."""
    keys = [f"carte:{{{card}}}", f"passage:{{{card}}}:{passage}"]
    outcome, left = script(keys=keys, args=[cents, MEMORY_MS])
    return Debit(outcome, left)
# #endregion debit


# #region cantine
class PatientCanteen:
    """La cantine qui rejoue : les lectures parce qu'elles sont sans effet, le débit parce qu'il a un nom."""

    def __init__(self, redis: Redis, patience: Patience = Patience()) -> None:
        self.redis, self.patience = redis, patience
        self._debit = redis.register_script(SOURCE)

    def menu(self, day: str) -> Menu | None:
        return retry(lambda: self.redis.hgetall(f"menu:{day}"), self.patience, repeatable=True) or None

    def debit(self, card: str, cents: int, passage: str | None = None) -> Debit:
        """Le passage est tiré ici, avant le premier essai ; la caisse peut aussi donner le sien."""
        chosen = passage or str(uuid.uuid4())
        return retry(lambda: debit_once(self._debit, card, cents, chosen), self.patience, repeatable=True)

    def tip(self, cents: int) -> int:
        """N'a pas de nom, donc n'est rejoué que si rien n'a pu être exécuté."""
        return retry(lambda: self.redis.incrby("pourboires", cents), self.patience, repeatable=False)
# #endregion cantine
