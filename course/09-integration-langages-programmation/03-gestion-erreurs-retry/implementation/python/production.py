"""Erreurs et retry, étape 3 : la garde. Tout appel à Redis passe par elle, et aucun ne dure plus que son budget.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from prometheus_client import CollectorRegistry, generate_latest

from advanced import SOURCE, Debit, debit_once
from basic import Menu, connect
from breaker import Breaker
from budget import RetryBudget
from failure import FAILURES, CallFailed, Failure, failure_of
from metrics import Metrics, RedisWatch
from retry import Patience, retry

Reply = TypeVar("Reply")


# #region configuration
@dataclass(frozen=True)
class Settings:
    """Toute la configuration, avec ses valeurs par défaut : rien d'autre ne se règle ailleurs. Durées en secondes."""

    url: str = "redis://localhost:6379"
    connect_timeout: float = 2.0
    command_timeout: float = 0.25
    """Choisi d'après la distribution mesurée, puis revu ; deux secondes est un maximum, pas un réglage."""
    pool: int = 50
    patience: Patience = Patience()
    retry_share: float = 0.2
    """Rejeux permis par appel ; la réserve est ce que l'on peut dépenser d'un coup."""
    retry_reserve: float = 20
    breaker_failures: int = 5
    breaker_rest: float = 1.0
    stale_for: float = 3600.0
    """Âge d'un menu gardé au-delà duquel mieux vaut ne rien montrer."""
# #endregion configuration


# #region garde
class Guard:
    """Disjoncteur, rejeux dans un budget, mesures et traces, autour de n'importe quel appel."""

    def __init__(self, settings: Settings, log: Any) -> None:
        self._settings, self._log = settings, log
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self._breaker = Breaker(settings.breaker_failures, settings.breaker_rest)
        self._budget = RetryBudget(settings.retry_share, settings.retry_reserve)
        self._idle = threading.Condition()
        self._running, self._closing = 0, False

    def run(self, operation: str, key: str, repeatable: bool, action: Callable[[], Reply]) -> Reply:
        with self._idle:
            if self._closing:
                raise CallFailed("closing")
            self._running += 1
        start, outcome = time.perf_counter(), "ok"
        self._budget.earn()
        try:
            return retry(
                lambda: self._attempt(action),
                self._settings.patience,
                repeatable=repeatable,
                on_retry=self._allow,
            )
        except CallFailed as error:
            outcome = error.failure
            raise
        except Exception:
            outcome = "defect"
            raise
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()
            latency = time.perf_counter() - start
            self.metrics.calls.labels(operation, outcome).inc()
            self.metrics.seconds.labels(operation).observe(latency)
            say = self._log.debug if outcome == "ok" else self._log.warning
            say(operation, outcome=outcome, key=key, latency_ms=round(latency * 1000, 2))

    def _allow(self, failure: Failure) -> bool:
        allowed = self._budget.spend()
        if allowed:
            self.metrics.retries.labels(failure).inc()
        else:
            self.metrics.refused.inc()
        return allowed

    def _attempt(self, action: Callable[[], Reply]) -> Reply:
        """Un essai, s'il est admis. Le refus du disjoncteur traverse « retry » tel quel : il ne se rejoue pas."""
        if not self._breaker.admit():
            raise CallFailed("breaker")
        self.metrics.attempts.inc()
        try:
            reply = action()
        except Exception as error:
            failure = failure_of(error)
            # Un refus (OOM, READONLY, NOAUTH) est une réponse : Redis est là, et d'autres appels lui parlent encore.
            if FAILURES[failure].passing and failure != "readonly":
                self._breaker.fail()
            else:
                self._breaker.succeed()
            raise
        self._breaker.succeed()
        return reply

    def expose(self) -> bytes:
        """Les métriques au format de Prometheus."""
        self.metrics.breaker.set({"closed": 0, "half-open": 1, "open": 2}[self._breaker.state])
        return generate_latest(self.registry)

    def drain(self, grace: float) -> None:
        """Plus rien n'entre ; ce qui est parti a « grace » secondes pour finir."""
        with self._idle:
            self._closing = True
            self._idle.wait_for(lambda: self._running == 0, timeout=grace)
        self._log.info("shutdown")
# #endregion garde


# #region cantine
class ReliableCanteen:
    """La cantine de production : le menu se replie sur sa dernière copie, le débit échoue franchement."""

    def __init__(self, settings: Settings = Settings(), log: Any = None) -> None:
        self._settings = settings
        self.redis = connect(settings.url, settings.connect_timeout, settings.command_timeout, settings.pool)
        self.guard = Guard(settings, log or json_log())
        self.guard.registry.register(RedisWatch(self.redis))
        self._debit = self.redis.register_script(SOURCE)
        self._copies: dict[str, tuple[Menu | None, float]] = {}

    def menu(self, day: str) -> tuple[Menu | None, bool]:
        """Le menu, et s'il vient d'une copie qui a pu vieillir."""
        key = f"menu:{day}"
        try:
            menu = self.guard.run("menu", key, True, lambda: self.redis.hgetall(key)) or None
        except CallFailed:
            copy, at = self._copies.get(day, (None, float("-inf")))
            if time.monotonic() - at > self._settings.stale_for:
                raise
            self.guard.metrics.fallbacks.labels("menu").inc()
            return copy, True
        self._copies[day] = (menu, time.monotonic())
        return menu, False

    def debit(self, card: str, cents: int, passage: str | None = None) -> Debit:
        """En cas d'échec, la caisse garde le passage et le redonne : il n'a pas d'autre sens que celui-ci."""
        chosen = passage or str(uuid.uuid4())
        key = f"carte:{{{card}}}"
        debit = self.guard.run("debit", key, True, lambda: debit_once(self._debit, card, cents, chosen))
        if debit.outcome == "again":
            self.guard.metrics.replays.inc()
        return debit

    def tip(self, cents: int) -> int:
        return self.guard.run("tip", "pourboires", False, lambda: self.redis.incrby("pourboires", cents))

    # #region arret
    def shutdown(self, grace: float = 5.0) -> None:
        self.guard.drain(grace)
        self.redis.close()
        self.redis.connection_pool.disconnect()
    # #endregion arret
# #endregion cantine


def json_log() -> Any:
    """Un journal d'une ligne JSON par événement, à partir du niveau « info », sans réglage global."""
    processors = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr), processors, structlog.make_filtering_bound_logger(logging.INFO), name="cantine"
    )
