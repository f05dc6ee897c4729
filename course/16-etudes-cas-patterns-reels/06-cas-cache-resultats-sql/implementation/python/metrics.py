"""Ce que Prometheus sait du cache : ce qu'a vu l'application, et ce que Redis dit de lui-même.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from redis import Redis
from redis.exceptions import RedisError

WATCHED = {
    "used_memory": ("cache_redis_memory_bytes", "Mémoire employée par Redis."),
    "maxmemory": ("cache_redis_memory_limit_bytes", "Mémoire que Redis s’autorise."),
    "evicted_keys": ("cache_redis_evicted_keys", "Clés évincées depuis le démarrage."),
    "expired_keys": ("cache_redis_expired_keys", "Clés expirées depuis le démarrage."),
}


# #region metriques
class Metrics:
    """Les métriques d'un serveur qui met en cache."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter("cache_requests", "Lectures, par origine du résultat.", ["from"], registry=registry)
        self.seconds = Histogram(
            "cache_request_seconds", "Durée d’une lecture vue par l’appelant.", registry=registry,
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2),
        )
        self.sql = Histogram(
            "cache_sql_seconds", "Durée d’une requête à la base, attente comprise.", registry=registry,
            buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
        )
        self.sql_running = Gauge("cache_sql_running", "Requêtes à la base en cours.", registry=registry)
        self.invalidations = Counter("cache_invalidations", "Invalidations, par issue.", ["outcome"], registry=registry)
        self.owed = Gauge("cache_invalidations_owed", "Étiquettes que Redis n’a pas encore voulu oublier.", registry=registry)
        self.retries = Counter("cache_retries", "Essais refaits, par cause.", ["failure"], registry=registry)
        self.unsaved = Counter("cache_unsaved", "Résultats calculés que Redis n’a pas gardés.", registry=registry)
        self.breaker = Gauge("cache_breaker_state", "0 fermé, 1 entrouvert, 2 ouvert.", registry=registry)
        # Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier événement passerait inaperçu.
        for origin in ("fresh", "stale", "computed", "copy", "bypass", "refused"):
            self.requests.labels(origin)
        for failure in ("connection", "timeout", "readonly", "busy"):
            self.retries.labels(failure)
        for outcome in ("ok", "owed"):
            self.invalidations.labels(outcome)


class RedisWatch:
    """Ce qu'INFO sait de la mémoire et des clés, lu à chaque passage de Prometheus."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            info = self._client.info()
        except RedisError:
            info = {}
        yield GaugeMetricFamily("cache_redis_up", "1 si Redis a répondu à INFO.", value=int(bool(info)))
        for field, (name, help_text) in WATCHED.items():
            if field in info:
                yield GaugeMetricFamily(name, help_text, value=info[field])
# #endregion metriques
