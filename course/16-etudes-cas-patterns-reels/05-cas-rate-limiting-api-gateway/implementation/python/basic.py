"""Rate limiting, étape 1 : une fenêtre fixe, juste.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from pathlib import Path
from typing import NamedTuple

import redis

# #region verifier
SOURCE = (Path(__file__).parents[2] / "lua-scripts" / "fixed-window.lua").read_text()


class Decision(NamedTuple):
    """La réponse du limiteur : `wait_ms` vaut 0 quand la requête est admise."""

    admitted: bool
    remaining: int
    wait_ms: int


def check(connection: redis.Redis, client: str, limit: int, window_ms: int) -> Decision:
    """Compte une requête de `client` et dit si elle passe."""
    admitted, remaining, wait_ms = connection.eval(SOURCE, 1, f"rl:{{{client}}}", limit, window_ms)
    return Decision(admitted == 1, remaining, wait_ms)
# #endregion verifier
