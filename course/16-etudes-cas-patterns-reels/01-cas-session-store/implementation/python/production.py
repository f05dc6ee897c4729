"""Session store, étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou change de maître.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from advanced import Lifetimes, SessionStore, new_token, parse_token
from basic import Session
from breaker import Breaker
from failure import SessionsUnavailable, failure_of, pause
from metrics import Metrics, RedisWatch

Reply = TypeVar("Reply")


# #region configuration
@dataclass(frozen=True)
class Settings:
    """Toute la configuration, avec ses valeurs par défaut : rien d'autre ne se règle ailleurs. Durées en secondes."""

    url: str = "redis://localhost:6379"
    connect_timeout: float = 2.0
    command_timeout: float = 2.0
    pool: int = 50
    attempts: int = 3
    """Essais d'une opération rejouable, le premier compris."""
    backoff: float = 0.05
    backoff_cap: float = 1.0
    breaker_failures: int = 5
    breaker_rest: float = 2.0
    stale_entries: int = 10_000
    stale_for: float = 30.0
    """Âge maximal d'une copie locale servie quand Redis se tait."""
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


@dataclass(frozen=True)
class Visit:
    """Une session, et si elle vient d'une copie locale qui peut avoir vieilli."""

    session: Session
    stale: bool


class ReliableSessions:
    """Les sessions d'un serveur de production ; ses méthodes peuvent être appelées de plusieurs fils."""

    def __init__(self, settings: Settings = Settings(), lifetimes: Lifetimes = Lifetimes(), log: Any = None) -> None:
        self.settings = settings
        self.registry = CollectorRegistry()
        self.client = connect(settings)
        self._store = SessionStore(self.client, lifetimes)
        self._breaker = Breaker(settings.breaker_failures, settings.breaker_rest)
        self._metrics = Metrics(self.registry)
        self.registry.register(RedisWatch(self.client))
        self._log = log or json_log()
        self._copies: OrderedDict[str, tuple[Session, float]] = OrderedDict()
        self._idle = threading.Condition()
        self._running = 0
        self._closing = False

    # #region operations
    def touch(self, token: str) -> Visit | None:
        """Lit une session ; si Redis se tait, la copie locale de moins de trente secondes, marquée comme telle."""
        try:
            session = self._run("touch", token, True, lambda: self._store.touch(token))
        except SessionsUnavailable:
            copy = self._copies.get(token)
            if copy is None or time.monotonic() - copy[1] > self.settings.stale_for:
                raise
            self._metrics.stale.inc()
            return Visit(copy[0], stale=True)
        self._remember(token, session)
        return None if session is None else Visit(session, stale=False)

    def open(self, owner: str, session: Session) -> str:
        """Ouvre une session. Le jeton est tiré avant l'appel : le rejouer n'en ouvre pas une seconde."""
        token = new_token(owner)
        return self._run("open", token, True, lambda: self._store.open(owner, session, token))

    def set_preference(self, token: str, preference: str, value: str) -> bool:
        return self._run("set-preference", token, True, lambda: self._store.set_preference(token, preference, value))

    def add_to_cart(self, token: str, book: str, quantity: int) -> int | None:
        """N'est pas rejoué après un délai dépassé : l'ajout a peut-être eu lieu."""
        return self._run("add-to-cart", token, False, lambda: self._store.add_to_cart(token, book, quantity))

    def login(self, anonymous: str, owner: str) -> str | None:
        return self._run("login", anonymous, False, lambda: self._store.login(anonymous, owner))

    def rotate(self, token: str) -> str | None:
        """N'est pas rejoué : si le premier essai a réussi, le second ne trouverait plus l'ancien nom."""
        return self._run("rotate", token, False, lambda: self._store.rotate(token))

    def close(self, token: str) -> None:
        self._copies.pop(token, None)
        self._run("close", token, True, lambda: self._store.close(token))

    def close_all(self, owner: str, kept: str | None = None) -> int:
        for token in [one for one in list(self._copies) if one != kept and one.startswith(f"{owner}.")]:
            self._copies.pop(token, None)
        revoked = self._run("close-all", owner, True, lambda: self._store.close_all(owner, kept))
        self._metrics.revoked.inc(revoked)
        return revoked

    def devices(self, owner: str) -> list[dict[str, Any]]:
        return self._run("list", owner, True, lambda: self._store.devices(owner))
    # #endregion operations

    def metrics(self) -> bytes:
        """Les métriques au format de Prometheus."""
        self._metrics.breaker.set({"closed": 0, "half-open": 1, "open": 2}[self._breaker.state])
        return generate_latest(self.registry)

    # #region arret
    def shutdown(self, grace: float = 5.0) -> None:
        """Arrêt propre : plus rien n'entre, ce qui est parti s'achève, les connexions se ferment."""
        with self._idle:
            self._closing = True
            self._idle.wait_for(lambda: self._running == 0, timeout=grace)
        self.client.close()
        self.client.connection_pool.disconnect()
        self._log.info("shutdown")
    # #endregion arret

    # #region appel
    def _run(self, operation: str, subject: str, repeatable: bool, action: Callable[[], Reply]) -> Reply:
        """Un appel : disjoncteur, essais espacés si l'opération s'y prête, mesure et trace."""
        with self._idle:
            if self._closing:
                raise SessionsUnavailable("connection")
            self._running += 1
        start, outcome = time.perf_counter(), "ok"
        try:
            return self._attempt(repeatable, action)
        except SessionsUnavailable as error:
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
            self._metrics.operations.labels(operation, outcome).inc()
            self._metrics.seconds.labels(operation).observe(latency)
            say = self._log.debug if outcome == "ok" else self._log.warning
            say(operation, outcome=outcome, key=traceable(subject), latency_ms=round(latency * 1000, 2))

    def _attempt(self, repeatable: bool, action: Callable[[], Reply]) -> Reply:
        attempt = 0
        while True:
            attempt += 1
            if not self._breaker.admit():
                raise SessionsUnavailable("breaker")
            try:
                reply = action()
            except Exception as error:
                failure = failure_of(error)
                # Redis a répondu, fût-ce non : ce n'est pas une panne que le repos guérira.
                if failure in ("defect", "full"):
                    self._breaker.succeed()
                else:
                    self._breaker.fail()
                if failure == "defect":
                    raise
                refused = failure in ("readonly", "busy")
                if failure == "full" or attempt >= self.settings.attempts or not (repeatable or refused):
                    raise SessionsUnavailable(failure) from error
                if failure == "readonly":
                    self.client.connection_pool.disconnect()  # se reconnecter mène au nouveau maître
                self._metrics.retries.labels(failure).inc()
                time.sleep(pause(attempt, self.settings.backoff, self.settings.backoff_cap))
            else:
                self._breaker.succeed()
                return reply
    # #endregion appel

    def _remember(self, token: str, session: Session | None) -> None:
        self._copies.pop(token, None)
        if session is None:
            return
        self._copies[token] = (session, time.monotonic())
        while len(self._copies) > self.settings.stale_entries:
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
        structlog.PrintLogger(sys.stderr), processors, structlog.make_filtering_bound_logger(logging.INFO), name="sessions"
    )
# #endregion traces


def traceable(subject: str) -> str:
    """Ce qu'une trace peut dire d'un jeton sans permettre de s'en servir."""
    name = parse_token(subject)
    return f"{name.document[: -len(name.id) + 6]}…" if name else f"sessions:{{{subject}}}"
