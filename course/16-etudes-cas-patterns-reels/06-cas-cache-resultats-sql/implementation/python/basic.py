"""Cache de résultats SQL, étape 1 : lire le cache, sinon la base, puis remplir le cache.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

Value = TypeVar("Value")
Parameters = ParamSpec("Parameters")


# #region cle
def key_of(query: str, **parameters: str | int) -> str:
    """Le nom d'une entrée : celui de la requête et ses paramètres, rangés, pour que deux écritures du même appel se rejoignent."""
    return f"q:{query}:" + "&".join(f"{name}={quote(str(parameters[name]), safe='')}" for name in sorted(parameters))
# #endregion cle


# #region lire
def cached(client: Redis, query: str, ttl_ms: int) -> Callable[[Callable[Parameters, Value]], Callable[Parameters, Value]]:
    """Un décorateur : le résultat gardé sous ce nom ; à défaut, celui de la fonction, gardé pour les suivants."""

    def decorate(load: Callable[Parameters, Value]) -> Callable[Parameters, Value]:
        @functools.wraps(load)
        def read(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Value:
            key = key_of(query, **{str(rank): value for rank, value in enumerate(args)}, **kwargs)
            try:
                found = client.get(key)
            except RedisError:
                found = None  # Redis absent : on calcule, rien de plus
            if found is not None:  # None seul est une absence : ni "0", ni "[]", ni "null"
                return json.loads(found)
            value = load(*args, **kwargs)
            try:
                client.set(key, json.dumps(value), px=ttl_ms)
            except RedisError:
                pass
            return value

        return read

    return decorate
# #endregion lire
