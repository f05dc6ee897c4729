"""Rate limiting, étape 3 : prêt pour la production.

Une décision est rendue dans le budget de temps, que Redis réponde ou non ; quand il ne répond pas,
elle a été prise d'avance, route par route. Au plus une exécution du script par requête.
Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

import random
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, NamedTuple

import redis
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from redis.backoff import NoBackoff
from redis.retry import Retry

from advanced import Limiter, Policy
from basic import Decision


# #region configuration
@dataclass(frozen=True)
class Configuration:
    """Tout ce qui se règle, en un seul endroit. Durées en secondes."""

    redis_url: str = "redis://localhost:6379"
    connect_timeout: float = 2.0
    command_timeout: float = 0.05  # bien au-delà du p99, bien en deçà de ce qu'un utilisateur remarque
    budget: float = 0.1  # temps total d'une décision, nouvelles tentatives comprises
    retries: int = 2
    pool: int = 50
    breaker_failures: int = 5
    breaker_open: float = 1.0
    gateways: int = 4  # chacune garde sa part de la limite pour le repli local


def connect(configuration: Configuration) -> redis.Redis:
    """Un client qui répond ou échoue tout de suite, et ne rejoue rien de lui-même."""
    pool = redis.BlockingConnectionPool.from_url(
        configuration.redis_url,
        max_connections=configuration.pool,
        timeout=configuration.command_timeout,
        socket_connect_timeout=min(configuration.connect_timeout, configuration.budget),
        socket_timeout=configuration.command_timeout,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
        decode_responses=True,
    )
    return redis.Redis(connection_pool=pool)
# #endregion configuration


# #region recul
def backoff(attempt: int, base: float, cap: float, draw=random.random) -> float:
    """Recul exponentiel entièrement aléatoire : entre 0 et `base × 2^attempt`, jamais plus que `cap`."""
    return draw() * min(cap, base * 2**attempt)
# #endregion recul


# #region pannes
Failure = Literal["unavailable", "timeout", "connection", "denied", "unexpected", "breaker-open", "closing"]

UNAVAILABLE = ("LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "OOM")

# Seul se rejoue ce qui n'a certainement pas été exécuté : le reste pourrait compter la requête deux fois.
RETRYABLE = {"unavailable"}


def failure_of(error: Exception) -> Failure:
    """Range une erreur de redis-py selon ce que l'on peut en faire."""
    match error:
        case redis.BusyLoadingError() | redis.ReadOnlyError() | redis.OutOfMemoryError():
            return "unavailable"
        case redis.AuthenticationError() | redis.exceptions.NoPermissionError():
            return "denied"
        case redis.TimeoutError():
            return "timeout"
        case redis.ConnectionError():
            return "connection"
        case redis.ResponseError() if str(error).startswith(UNAVAILABLE):
            return "unavailable"
    return "unexpected"
# #endregion pannes


# #region disjoncteur
class CircuitBreaker:
    """S'ouvre après des échecs consécutifs ; ouvert, laisse passer un essai par période."""

    def __init__(self, threshold: int, open_for: float) -> None:
        self._threshold = threshold
        self._open_for = open_for
        self._failures = 0
        self._open_until = 0.0
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        return self._open_until > 0

    def allows(self, now: float | None = None) -> bool:
        now = time.monotonic() if now is None else now
        with self._lock:
            if now < self._open_until:
                return False
            if self.open:
                self._open_until = now + self._open_for
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._open_until = 0, 0.0

    def failed(self, now: float | None = None) -> None:
        now = time.monotonic() if now is None else now
        with self._lock:
            self._failures += 1
            if self._failures >= self._threshold:
                self._open_until = now + self._open_for * (0.5 + random.random())
# #endregion disjoncteur


# #region repli
class LocalWindow:
    """Compteur de secours d'une passerelle : approximatif, borné en mémoire, infiniment mieux que rien."""

    def __init__(self, limit: int, window: float, clients: int = 10_000) -> None:
        self._limit = limit
        self._window = window
        self._clients = clients
        self._states: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, client: str, now: float | None = None) -> Decision:
        now = time.monotonic() if now is None else now
        with self._lock:
            count, until = self._states.get(client, (0, 0.0))
            if until <= now:
                self._states.pop(client, None)
                if len(self._states) >= self._clients:
                    self._states.popitem(last=False)
                count, until = 0, now + self._window
            self._states[client] = (count + 1, until)
        admitted = count < self._limit
        return Decision(admitted, max(0, self._limit - count - 1), 0 if admitted else round((until - now) * 1000))
# #endregion repli


# #region mesures
class Metrics:
    """Les mesures d'une passerelle. Jamais d'étiquette par client : leur nombre n'est pas borné."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.checks = Counter(
            "rate_limit_checks", "Décisions rendues.", ["route", "result", "source"], registry=registry
        )
        self.duration = Histogram(
            "rate_limit_check_duration_seconds",
            "Temps de décision vu de la passerelle.",
            ["route"],
            buckets=(0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25),
            registry=registry,
        )
        self.failures = Counter("rate_limit_failures", "Appels à Redis qui ont échoué.", ["kind"], registry=registry)
        self.retries = Counter("rate_limit_retries", "Nouvelles tentatives.", registry=registry)
        self.breaker_open = Gauge(
            "rate_limit_breaker_open", "1 si le disjoncteur est ouvert, 0 sinon.", ["route"], registry=registry
        )
# #endregion mesures


# #region garde
@dataclass(frozen=True)
class Route:
    """Ce qu'une route permet, et ce qu'elle fait sans Redis : laisser passer sous plafond local, ou refuser."""

    name: str
    policy: Policy
    on_failure: Literal["open", "closed"]


class Answer(NamedTuple):
    """Une décision et d'où elle vient : de Redis, du compteur local, ou du refus décidé d'avance."""

    admitted: bool
    remaining: int
    wait_ms: int
    source: Literal["redis", "local", "closed"]


class Guard:
    """Le limiteur d'une route : ne lève jamais pour une panne de Redis, ne dépasse pas le budget."""

    def __init__(self, route: Route, connection: redis.Redis, configuration: Configuration, metrics: Metrics) -> None:
        self.route = route
        self._configuration = configuration
        self._metrics = metrics
        self._limiter = Limiter(connection, route.name, route.policy)
        self._breaker = CircuitBreaker(configuration.breaker_failures, configuration.breaker_open)
        share = max(1, route.policy.burst // configuration.gateways)
        self._local = LocalWindow(share, route.policy.period_ms / 1000)
        self._log = structlog.get_logger().bind(route=route.name)
        self._idle = threading.Condition()
        self._pending = 0
        self._closing = False
        # Une série absente n'est pas une série à zéro : on les crée toutes, avant la première décision.
        for source in ("redis", "local" if route.on_failure == "open" else "closed"):
            for result in ("admitted", "refused"):
                metrics.checks.labels(route.name, result, source)
        metrics.breaker_open.labels(route.name).set(0)

    @property
    def degraded(self) -> bool:
        return self._breaker.open

    def check(self, client: str, cost: float = 1) -> Answer:
        """Décide d'une requête de `client`, qui coûte `cost` jetons si la politique est un seau."""
        started = time.perf_counter()
        with self._idle:
            self._pending += 1
        try:
            answer = self._decide(client, cost)
        finally:
            with self._idle:
                self._pending -= 1
                self._idle.notify_all()
        latency = time.perf_counter() - started
        result = "admitted" if answer.admitted else "refused"
        self._metrics.checks.labels(self.route.name, result, answer.source).inc()
        self._metrics.duration.labels(self.route.name).observe(latency)
        if not answer.admitted:
            key = f"rl:{{{client}}}:{self.route.name}"
            self._log.debug("rate_limit.refused", key=key, ttl=answer.wait_ms, latency=latency * 1000)
        return answer

    def close(self, timeout: float = 1.0) -> None:
        """Ne demande plus rien à Redis et attend les décisions en cours."""
        self._closing = True
        with self._idle:
            self._idle.wait_for(lambda: self._pending == 0, timeout)

    def _decide(self, client: str, cost: float) -> Answer:
        configuration = self._configuration
        deadline = time.monotonic() + configuration.budget
        attempt = 0
        while True:
            if self._closing:
                return self._fallback(client, "closing")
            if not self._breaker.allows():
                return self._fallback(client, "breaker-open")
            try:
                decision = self._limiter.check(client, cost)
            except redis.RedisError as error:
                failure = self._failed(error)
                pause = backoff(attempt, 0.01, 0.05)
                late = time.monotonic() + pause + configuration.command_timeout > deadline
                if failure not in RETRYABLE or attempt >= configuration.retries or late:
                    return self._fallback(client, failure)
                self._metrics.retries.inc()
                time.sleep(pause)
                attempt += 1
            else:
                if self._breaker.open:
                    self._log.info("rate_limit.recovered")
                self._breaker.succeeded()
                self._metrics.breaker_open.labels(self.route.name).set(0)
                return Answer(*decision, "redis")

    def _failed(self, error: redis.RedisError) -> Failure:
        failure = failure_of(error)
        was_open = self._breaker.open
        self._breaker.failed()
        self._metrics.failures.labels(failure).inc()
        self._metrics.breaker_open.labels(self.route.name).set(int(self._breaker.open))
        if not was_open:
            self._log.warning("rate_limit.failure", failure=failure, error=str(error))
            if self._breaker.open:
                self._log.error("rate_limit.degraded", mode=self.route.on_failure)
        return failure

    def _fallback(self, client: str, failure: Failure) -> Answer:
        self._log.debug("rate_limit.fallback", failure=failure, mode=self.route.on_failure)
        if self.route.on_failure == "closed":
            return Answer(False, 0, round(self._configuration.breaker_open * 1000), "closed")
        return Answer(*self._local.check(client), "local")
# #endregion garde
