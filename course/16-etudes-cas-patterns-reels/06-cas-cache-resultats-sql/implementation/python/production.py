"""Cache de résultats SQL, étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou refuse d'écrire.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from advanced import Ages, Found, QueryCache, Recipe
from breaker import Breaker
from bulkhead import Bulkhead, SourceOverloaded
from failure import CacheUnavailable, failure_of, pause
from metrics import Metrics, RedisWatch

__all__ = ["CacheUnavailable", "ReliableCache", "Settings", "SourceOverloaded"]
Reply = TypeVar("Reply")


# #region configuration
@dataclass(frozen=True)
class Settings:
    """Toute la configuration, avec ses valeurs par défaut : rien d'autre ne se règle ailleurs. Durées en secondes."""

    url: str = "redis://localhost:6379"
    connect_timeout: float = 2.0
    command_timeout: float = 0.1
    """Un cache qui répond plus lentement que sa source n'est plus un cache : on ne l'attend pas deux secondes."""
    pool: int = 50
    read_attempts: int = 2
    invalidate_attempts: int = 5
    backoff: float = 0.02
    backoff_cap: float = 0.5
    breaker_failures: int = 5
    breaker_rest: float = 1.0
    sql_width: int = 4
    """Requêtes que la base accepte à la fois de ce serveur, puis celles qui peuvent attendre."""
    sql_queue: int = 50
    copies: int = 2000
    copy_for: float = 300.0
    """Âge maximal d'une copie locale servie quand Redis se tait."""
    owed_every: float = 1.0
    """Toutes les combien on réessaie les invalidations que Redis a manquées."""
# #endregion configuration


# #region connexion
def connect(settings: Settings) -> Redis:
    """Un client à réserve bornée : le cinquante et unième appelant attend, il n'ouvre pas une connexion de plus."""
    pool = BlockingConnectionPool.from_url(
        settings.url,
        max_connections=settings.pool,
        timeout=settings.command_timeout,
        socket_connect_timeout=settings.connect_timeout,
        socket_timeout=settings.command_timeout,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 0),  # les essais sont les nôtres
        decode_responses=True,
    )
    return Redis(connection_pool=pool)
# #endregion connexion


class ReliableCache(QueryCache):
    """Le cache d'un serveur de production ; ses méthodes peuvent être appelées de plusieurs fils."""

    def __init__(self, settings: Settings = Settings(), ages: Ages = Ages(), log: Any = None) -> None:
        super().__init__(connect(settings), ages)
        self.settings = settings
        self.registry = CollectorRegistry()
        self._breaker = Breaker(settings.breaker_failures, settings.breaker_rest)
        self._bulkhead = Bulkhead(settings.sql_width, settings.sql_queue)
        self._metrics = Metrics(self.registry)
        self.registry.register(RedisWatch(self.client))
        self._log = log or json_log()
        self._copies: OrderedDict[str, tuple[Recipe, Any, float]] = OrderedDict()
        self._bypassing: dict[str, Future[Any]] = {}
        self._owed: set[str] = set()
        self._state = threading.Lock()
        self._idle = threading.Condition()
        self._running = 0
        self._closing = threading.Event()
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()

    # #region lire
    def serve(self, recipe: Recipe) -> Found:
        """Le cache ; à défaut de cache, une copie locale ; à défaut de copie, la base, sans la noyer."""
        with self._idle:
            if self._closing.is_set():
                raise CacheUnavailable("connection")
            self._running += 1
        start, origin = time.perf_counter(), "refused"
        try:
            found = self._serve(replace(recipe, load=lambda: self._sql(recipe.load)))
            origin = found.origin
            return found
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()
            latency = time.perf_counter() - start
            self._metrics.requests.labels(origin).inc()
            self._metrics.seconds.observe(latency)
            say = {"fresh": self._log.debug, "refused": self._log.warning}.get(origin, self._log.info)
            say("serve", origin=origin, key=recipe.key, ttl_ms=round(self.ages.kept * 1000), latency_ms=round(latency * 1000, 2))

    def _serve(self, recipe: Recipe) -> Found:
        # Une étiquette due : Redis tient encore pour vrai ce que nous savons faux.
        if self._owed.intersection(recipe.tags):
            return self._bypass(recipe)
        try:
            found = self.get(recipe)
        except CacheUnavailable:
            copy = self._copies.get(recipe.key)
            if copy is not None and time.monotonic() - copy[2] < self.settings.copy_for:
                return Found(copy[1], "copy")
            return self._bypass(recipe)
        self._remember(recipe, found.value)
        return found

    def _bypass(self, recipe: Recipe) -> Found:
        """Droit à la base ; les demandes identiques de ce serveur n'en font qu'une."""
        with self._state:
            running = self._bypassing.get(recipe.key)
            ours: Future[Any] = Future()
            if running is None:
                self._bypassing[recipe.key] = ours
        if running is not None:
            return Found(running.result(), "bypass")
        try:
            value = recipe.load()
        except Exception as error:
            ours.set_exception(error)
            raise
        finally:
            with self._state:
                if self._bypassing.get(recipe.key) is ours:
                    del self._bypassing[recipe.key]
        ours.set_result(value)
        self._remember(recipe, value)
        return Found(value, "bypass")

    def _sql(self, load: Callable[[], Any]) -> Any:
        with self._metrics.sql.time():
            return self._bulkhead.run(load)
    # #endregion lire

    # #region invalider
    def invalidate(self, *tags: str) -> None:
        """Insiste ; si Redis ne veut rien entendre, note la dette, la paie dès que possible, et le dit à l'appelant."""
        with self._state:
            for key in [key for key, (recipe, *_) in self._copies.items() if set(tags) & set(recipe.tags)]:
                del self._copies[key]
            self._bypassing.clear()  # qui arrive maintenant ne se contente pas d'une réponse commencée avant
        try:
            super().invalidate(*tags)
        except Exception:
            with self._state:
                self._owed.update(tags)
            self._metrics.invalidations.labels("owed").inc()
            self._log.error("invalidate", outcome="owed", tags=tags)
            raise
        with self._state:
            self._owed.difference_update(tags)
        self._metrics.invalidations.labels("ok").inc()

    def _collect(self) -> None:
        while not self._closing.wait(self.settings.owed_every):
            self._pay_owed()

    def _pay_owed(self) -> None:
        owed = tuple(self._owed)
        if owed and self._breaker.state != "open":
            try:
                self.invalidate(*owed)
            except CacheUnavailable:
                pass
    # #endregion invalider

    def metrics(self) -> bytes:
        """Les métriques au format de Prometheus."""
        self._metrics.breaker.set({"closed": 0, "half-open": 1, "open": 2}[self._breaker.state])
        self._metrics.owed.set(len(self._owed))
        self._metrics.sql_running.set(self._bulkhead.running)
        return generate_latest(self.registry)

    # #region arret
    def shutdown(self, grace: float = 5.0) -> None:
        """Arrêt propre : plus rien n'entre, ce qui est parti s'achève, les dettes sont payées ou dites."""
        with self._idle:
            self._closing.set()
            self._idle.wait_for(lambda: self._running == 0, timeout=grace)
        self._collector.join(timeout=grace)
        self._pool.shutdown(wait=True)
        self._pay_owed()
        if self._owed:
            self._log.error("shutdown", owed=sorted(self._owed))
        self.client.close()
        self.client.connection_pool.disconnect()
        self._log.info("shutdown")
    # #endregion arret

    # #region appel
    def call(self, operation: str, repeatable: bool, action: Callable[[], Reply]) -> Reply:
        """Un appel à Redis : disjoncteur, essais espacés, cause nommée."""
        settings = self.settings
        attempts = 1
        if repeatable:
            attempts = settings.invalidate_attempts if operation == "invalidate" else settings.read_attempts
        attempt = 0
        while True:
            attempt += 1
            if not self._breaker.admit():
                raise CacheUnavailable("breaker")
            try:
                reply = action()
            except Exception as error:
                failure = failure_of(error)
                # Redis a répondu, fût-ce non : les lectures passent encore, le disjoncteur les couperait aussi.
                if failure in ("defect", "full", "readonly"):
                    self._breaker.succeed()
                else:
                    self._breaker.fail()
                if failure == "defect":
                    raise
                if failure == "full" or attempt >= attempts:
                    raise CacheUnavailable(failure) from error
                if failure == "readonly":
                    self.client.connection_pool.disconnect()  # se reconnecter mène au nouveau maître
                self._metrics.retries.labels(failure).inc()
                time.sleep(pause(attempt, settings.backoff, settings.backoff_cap))
            else:
                self._breaker.succeed()
                return reply
    # #endregion appel

    def unsaved(self, error: Exception) -> None:
        self._metrics.unsaved.inc()
        self._log.warning("unsaved", message=str(error))

    def _remember(self, recipe: Recipe, value: Any) -> None:
        with self._state:
            self._copies.pop(recipe.key, None)
            self._copies[recipe.key] = (recipe, value, time.monotonic())
            while len(self._copies) > self.settings.copies:
                self._copies.popitem(last=False)


# #region traces
def json_log() -> Any:
    """Un journal d'une ligne JSON par événement, à partir du niveau « info », sans réglage global."""
    processors = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr), processors, structlog.make_filtering_bound_logger(logging.INFO), name="cache"
    )
# #endregion traces
