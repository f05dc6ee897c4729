"""Erreurs et retry, étape 1 : un client qui échoue vite, et une erreur qui dit ce que l'on sait.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from failure import CallFailed, failure_of

Reply = TypeVar("Reply")


# #region connexion
def connect(url: str, connect_timeout: float = 2.0, command_timeout: float = 0.25, pool: int = 50) -> Redis:
    """Des réglages où rien n'est rejoué : redis-py 8 rejoue dix fois, de lui-même, ce qu'on lui confie."""
    connections = BlockingConnectionPool.from_url(
        url,
        max_connections=pool,
        timeout=command_timeout,  # attendre une connexion libre, mais pas davantage
        socket_connect_timeout=connect_timeout,
        socket_timeout=command_timeout,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    return Redis(connection_pool=connections)
# #endregion connexion


# #region essai
def once(action: Callable[[], Reply]) -> Reply:
    """Un essai, un seul : la réponse, ou une panne qui a un nom."""
    try:
        return action()
    except Exception as error:
        failure = failure_of(error)
        if failure == "defect":
            raise  # un défaut de notre code ne se déguise pas en panne
        raise CallFailed(failure) from error
# #endregion essai


Menu = dict[str, str]


class Canteen:
    """La cantine, sans filet : chaque appel est essayé une fois."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def menu(self, day: str) -> Menu | None:
        return once(lambda: self.redis.hgetall(f"menu:{day}")) or None

    def balance(self, card: str) -> int | None:
        """Le solde d'une carte, en centimes ; « None » si elle est inconnue. Un solde de zéro n'est pas une absence."""
        found = once(lambda: self.redis.get(f"carte:{{{card}}}"))
        return None if found is None else int(found)

    def debit(self, card: str, cents: int) -> int:
        """Débite, et rend le nouveau solde. Après « lost » ou « timeout », personne ne sait si la carte l'a été."""
        return once(lambda: self.redis.decrby(f"carte:{{{card}}}", cents))
