"""Ce que Prometheus sait du classement : ce qu'a vu l'application, et ce que Redis dit de lui-même.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from redis import Redis
from redis.exceptions import RedisError

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 6)
WATCHED = {
    "used_memory": ("leaderboard_redis_memory_bytes", "Mémoire employée par Redis."),
    "maxmemory": ("leaderboard_redis_memory_limit_bytes", "Mémoire que Redis s’autorise."),
    "expired_keys": ("leaderboard_redis_expired_keys", "Clés expirées depuis le démarrage."),
    "evicted_keys": ("leaderboard_redis_evicted_keys", "Clés évincées : autant de classements perdus."),
    "connected_clients": ("leaderboard_redis_clients", "Connexions ouvertes."),
}


# #region metriques
class Metrics:
    """Les métriques d'un serveur de classement."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.operations = Counter(
            "leaderboard_operations", "Opérations, par nom et par issue.", ["operation", "outcome"], registry=registry
        )
        self.seconds = Histogram(
            "leaderboard_operation_seconds", "Durée vue par l’appelant, essais compris.", ["operation"],
            buckets=BUCKETS, registry=registry,
        )
        self.retries = Counter("leaderboard_retries", "Essais refaits, par cause.", ["failure"], registry=registry)
        # Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier essai passerait inaperçu.
        for failure in ("connection", "timeout", "readonly", "busy"):
            self.retries.labels(failure)
        self.stale = Counter("leaderboard_stale_served", "Pages servies d’une copie locale.", registry=registry)
        self.pending = Gauge(
            "leaderboard_pending_scores", "Scores gardés en attendant que Redis revienne.", registry=registry
        )
        self.dropped = Counter("leaderboard_dropped_scores", "Scores abandonnés, réserve pleine.", registry=registry)
        self.players = Gauge("leaderboard_players", "Joueurs classés, par période.", ["period"], registry=registry)
        self.breaker = Gauge("leaderboard_breaker_state", "0 fermé, 1 entrouvert, 2 ouvert.", registry=registry)


class RedisWatch:
    """Ce qu'INFO sait de la mémoire et des clés, lu à chaque passage de Prometheus."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            info = self._client.info()
        except RedisError:
            info = {}
        yield GaugeMetricFamily("leaderboard_redis_up", "1 si Redis a répondu à INFO.", value=int(bool(info)))
        for field, (name, help_text) in WATCHED.items():
            if field in info:
                yield GaugeMetricFamily(name, help_text, value=info[field])
# #endregion metriques
