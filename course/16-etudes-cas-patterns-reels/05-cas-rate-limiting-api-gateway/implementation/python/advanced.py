"""Rate limiting, étape 2 : quatre algorithmes, appelés par leur empreinte, et les en-têtes HTTP.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

import math
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import redis

from basic import Decision


# #region politiques
@dataclass(frozen=True)
class Window:
    """Au plus `limit` requêtes par `window_ms` millisecondes."""

    limit: int
    window_ms: int
    algorithm: Literal["fixed-window", "sliding-log", "sliding-counter"] = "sliding-counter"

    def __post_init__(self) -> None:
        if self.limit < 1 or self.window_ms < 1 or int(self.limit) != self.limit or int(self.window_ms) != self.window_ms:
            raise ValueError(f"politique invalide : {self}")

    @property
    def burst(self) -> int:
        return self.limit

    @property
    def period_ms(self) -> float:
        return self.window_ms


@dataclass(frozen=True)
class Bucket:
    """Une rafale de `capacity` requêtes, puis `rate_per_second` par seconde."""

    capacity: int
    rate_per_second: float
    algorithm: Literal["token-bucket"] = "token-bucket"

    def __post_init__(self) -> None:
        if self.capacity < 1 or self.rate_per_second <= 0:
            raise ValueError(f"politique invalide : {self}")

    @property
    def burst(self) -> int:
        return self.capacity

    @property
    def period_ms(self) -> float:
        return self.capacity * 1000 / self.rate_per_second


Policy = Window | Bucket
# #endregion politiques


# #region limiteur
class Limiter:
    """Un limiteur : l'accolade de la clé garde toutes les limites d'un client sur le même nœud d'un cluster."""

    def __init__(self, connection: redis.Redis, name: str, policy: Policy) -> None:
        self.name = name
        self.policy = policy
        source = Path(__file__).parents[2] / "lua-scripts" / f"{policy.algorithm}.lua"
        # register_script appelle par empreinte, et renvoie le texte si Redis répond NOSCRIPT.
        self._script = connection.register_script(source.read_text())

    def check(self, client: str, cost: float = 1) -> Decision:
        """Décide d'une requête ; `cost` ne vaut que pour le seau à jetons."""
        policy = self.policy
        if isinstance(policy, Bucket):
            if not 0 < cost <= policy.capacity:
                raise ValueError(f"coût {cost} hors de ]0, {policy.capacity}]")
            args: list[float | str] = [policy.capacity, policy.rate_per_second, cost]
        else:
            args = [policy.limit, policy.window_ms]
            if policy.algorithm == "sliding-log":
                args.append(str(uuid.uuid4()))
        admitted, remaining, wait_ms = self._script(keys=[f"rl:{{{client}}}:{self.name}"], args=args)
        return Decision(admitted == 1, remaining, wait_ms)
# #endregion limiteur


# #region entetes
def http_answer(decision: Decision, policy: Policy) -> tuple[int, dict[str, str]]:
    """Statut et en-têtes HTTP d'une décision ; `Retry-After` s'exprime en secondes entières (RFC 9110)."""
    headers = {
        "RateLimit-Policy": f'"default";q={policy.burst};w={math.ceil(policy.period_ms / 1000)}',
        "RateLimit": f'"default";r={decision.remaining}',
    }
    if decision.admitted:
        return 200, headers
    wait = math.ceil(decision.wait_ms / 1000)
    return 429, headers | {"RateLimit": f"{headers['RateLimit']};t={wait}", "Retry-After": str(wait)}
# #endregion entetes
