"""Leaderboard, étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou change de maître.

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
from datetime import datetime, timezone
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from advanced import DAY, Leaderboard, Period, score_of
from basic import Line
from breaker import Breaker
from failure import LeaderboardUnavailable, failure_of, pause
from metrics import Metrics, RedisWatch

Reply = TypeVar("Reply")


# #region configuration
@dataclass(frozen=True)
class Settings:
    """Toute la configuration, avec ses valeurs par défaut : rien d'autre ne se règle ailleurs. Durées en secondes."""

    url: str = "redis://localhost:6379"
    game: str = "ricochet"
    opened_at: datetime = datetime(2026, 1, 5, tzinfo=timezone.utc)
    connect_timeout: float = 2.0
    command_timeout: float = 2.0
    pool: int = 50
    attempts: int = 3
    """Essais d'une opération rejouable, le premier compris."""
    backoff: float = 0.05
    backoff_cap: float = 1.0
    breaker_failures: int = 5
    breaker_rest: float = 2.0
    stale_for: float = 30.0
    """Âge maximal d'une page du classement servie quand Redis se tait."""
    pending: int = 50_000
    """Scores gardés en attendant Redis, un par joueur et par jour."""
    flush_batch: int = 200
    flush_every: float = 0.5
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


class Page(NamedTuple):
    """Une page du classement, et si elle vient d'une copie locale qui peut avoir vieilli."""

    lines: list[Line]
    stale: bool


class Submitted(NamedTuple):
    """Le sort d'un score : classé, avec les périodes qu'il améliore, ou gardé jusqu'au retour de Redis."""

    improved: list[Period]
    pending: bool


class Score(NamedTuple):
    player: str
    points: int
    at: float


class ReliableLeaderboard:
    """Le classement d'un serveur de production ; ses méthodes peuvent être appelées de plusieurs fils."""

    def __init__(self, settings: Settings = Settings(), log: Any = None) -> None:
        self.settings = settings
        self.registry = CollectorRegistry()
        self.client = connect(settings)
        self._board = Leaderboard(self.client, settings.game, settings.opened_at)
        self._breaker = Breaker(settings.breaker_failures, settings.breaker_rest)
        self._metrics = Metrics(self.registry)
        self.registry.register(RedisWatch(self.client))
        self._log = log or json_log()
        self._copies: OrderedDict[str, tuple[list[Line], float]] = OrderedDict()
        self._pending: dict[tuple[str, int], Score] = {}
        self._idle = threading.Condition()
        self._running = 0
        self._closing = False
        self._stopped = threading.Event()
        threading.Thread(target=self._keep_flushing, daemon=True, name="leaderboard-flush").start()

    # #region operations
    def submit(self, player: str, points: int, at: float | None = None) -> Submitted:
        """Soumet un score ; si Redis se tait, il est gardé avec son heure d'arrivée et repartira de lui-même."""
        score_of(points, 0)  # hors limites : refusé avant d'être gardé
        score = Score(player, points, time.time() if at is None else at)
        try:
            return Submitted(self._run("submit", player, True, lambda: self._board.submit(*score)), pending=False)
        except LeaderboardUnavailable:
            if not self._keep(score):
                raise
            return Submitted([], pending=True)

    def award(self, player: str, match: str, points: int) -> int:
        """Ajoute les points d'une partie. Rejouable : c'est la marque de la partie qui le permet."""
        return self._run("award", player, True, lambda: self._board.award(player, match, points))

    def page(self, period: Period, start: int, count: int) -> Page:
        """Une page ; si Redis se tait, la dernière lue de moins de trente secondes, marquée comme telle."""
        name = f"{period}:{start}:{count}"
        try:
            found = self._run("page", name, True, lambda: self._board.page(period, start, count))
        except LeaderboardUnavailable:
            copy = self._copies.get(name)
            if copy is None or time.monotonic() - copy[1] > self.settings.stale_for:
                raise
            self._metrics.stale.inc()
            return Page(copy[0], stale=True)
        self._remember(name, found)
        return Page(found, stale=False)

    def rank_of(self, period: Period, player: str) -> Line | None:
        """Sans repli : un rang inventé serait pire que pas de rang."""
        return self._run("rank", player, True, lambda: self._board.rank_of(period, player))

    def around(self, period: Period, player: str, radius: int) -> list[Line]:
        return self._run("around", player, True, lambda: self._board.around(period, player, radius))

    def among(self, period: Period, players: list[str]) -> list[Line]:
        return self._run("among", str(len(players)), True, lambda: self._board.among(period, players))

    def remove(self, player: str) -> None:
        with self._idle:
            self._pending = {name: score for name, score in self._pending.items() if score.player != player}
        self._run("remove", player, True, lambda: self._board.remove(player))
    # #endregion operations

    def metrics(self) -> bytes:
        """Les métriques au format de Prometheus."""
        self._metrics.breaker.set({"closed": 0, "half-open": 1, "open": 2}[self._breaker.state])
        self._metrics.pending.set(len(self._pending))
        self._metrics.players.clear()
        for period in ("day", "all"):
            try:
                self._metrics.players.labels(period).set(self._board.size(period))
            except RedisError:
                break  # pas de mesure plutôt qu'une mesure périmée
        return generate_latest(self.registry)

    # #region arret
    def shutdown(self, grace: float = 5.0) -> None:
        """Arrêt propre : plus rien n'entre, ce qui est parti s'achève, la réserve se vide, les connexions se ferment."""
        end = time.monotonic() + grace
        with self._idle:
            self._closing = True
            self._idle.wait_for(lambda: self._running == 0, timeout=grace)
        self._stopped.set()
        while self._pending and time.monotonic() < end and self._flush():
            pass
        self._metrics.dropped.inc(len(self._pending))
        self.client.close()
        self.client.connection_pool.disconnect()
        self._log.info("shutdown", dropped=len(self._pending))
    # #endregion arret

    # #region reserve
    def _keep(self, score: Score) -> bool:
        """Garde le meilleur score d'un joueur pour une journée ; `False` si la réserve est pleine, ou se vide pour de bon."""
        name = (score.player, int(score.at // DAY))
        with self._idle:
            known = self._pending.get(name)
            if self._closing:
                return False
            if known is None and len(self._pending) >= self.settings.pending:
                self._metrics.dropped.inc()
                return False
            if known is None or score.points > known.points:
                self._pending[name] = score
            return True

    def _flush(self) -> bool:
        """Renvoie une part de la réserve ; `True` si elle est partie. Rejouer est sans effet : GT ne retient que le meilleur."""
        with self._idle:
            batch = list(islice(self._pending.items(), self.settings.flush_batch))
        if not batch or not self._breaker.admit():
            return False
        try:
            for _, score in batch:
                self._board.submit(*score)
        except RedisError:
            self._breaker.fail()
            return False
        self._breaker.succeed()
        with self._idle:
            for name, score in batch:
                if self._pending.get(name) is score:
                    del self._pending[name]
        self._log.info("flush", scores=len(batch), left=len(self._pending))
        return True

    def _keep_flushing(self) -> None:
        while not self._stopped.wait(self.settings.flush_every):
            self._flush()
    # #endregion reserve

    # #region appel
    def _run(self, operation: str, subject: str, repeatable: bool, action: Callable[[], Reply]) -> Reply:
        """Un appel : disjoncteur, essais espacés si l'opération s'y prête, mesure et trace."""
        with self._idle:
            if self._closing:
                raise LeaderboardUnavailable("connection")
            self._running += 1
        start, outcome = time.perf_counter(), "ok"
        try:
            return self._attempt(repeatable, action)
        except LeaderboardUnavailable as error:
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
            say(operation, outcome=outcome, key=subject, latency_ms=round(latency * 1000, 2))

    def _attempt(self, repeatable: bool, action: Callable[[], Reply]) -> Reply:
        attempt = 0
        while True:
            attempt += 1
            if not self._breaker.admit():
                raise LeaderboardUnavailable("breaker")
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
                    raise LeaderboardUnavailable(failure) from error
                if failure == "readonly":
                    self.client.connection_pool.disconnect()  # se reconnecter mène au nouveau maître
                self._metrics.retries.labels(failure).inc()
                time.sleep(pause(attempt, self.settings.backoff, self.settings.backoff_cap))
            else:
                self._breaker.succeed()
                return reply
    # #endregion appel

    def _remember(self, name: str, lines: list[Line]) -> None:
        self._copies.pop(name, None)
        self._copies[name] = (lines, time.monotonic())
        while len(self._copies) > 1000:
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
        structlog.PrintLogger(sys.stderr), processors, structlog.make_filtering_bound_logger(logging.INFO), name="leaderboard"
    )
# #endregion traces
