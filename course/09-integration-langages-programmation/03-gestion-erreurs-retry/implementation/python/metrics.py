"""Ce que Prometheus sait des appels à Redis : ce qu'a vu l'application, et ce que Redis dit de ses refus.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from redis import Redis
from redis.exceptions import RedisError

from failure import FAILURES

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1, 2)


# #region metriques
class Metrics:
    """Les métriques d'une garde."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "redis_calls", "Appels, par opération et par issue.", ["operation", "outcome"], registry=registry
        )
        self.seconds = Histogram(
            "redis_call_seconds", "Durée vue par l’appelant, essais et pauses compris.", ["operation"],
            buckets=BUCKETS, registry=registry,
        )
        self.attempts = Counter("redis_attempts", "Essais partis vers Redis.", registry=registry)
        self.retries = Counter("redis_retries", "Essais refaits, par cause.", ["failure"], registry=registry)
        self.refused = Counter("redis_retries_refused", "Rejeux que le budget a refusés.", registry=registry)
        self.fallbacks = Counter(
            "redis_fallbacks", "Réponses de repli, par opération.", ["operation"], registry=registry
        )
        self.replays = Counter("redis_replays", "Débits reconnus à leur passage.", registry=registry)
        self.breaker = Gauge("redis_breaker_state", "0 fermé, 1 entrouvert, 2 ouvert.", registry=registry)
        # Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier essai passerait inaperçu.
        for failure, known in FAILURES.items():
            if known.passing:
                self.retries.labels(failure)


class RedisWatch:
    """Ce qu'INFO sait des refus, lu à chaque passage de Prometheus."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            info = self._client.info("everything")
        except RedisError:
            info = {}
        yield GaugeMetricFamily("redis_up", "1 si Redis a répondu à INFO.", value=int(bool(info)))
        if not info:
            return
        yield GaugeMetricFamily("redis_clients", "Connexions ouvertes.", value=info["connected_clients"])
        errors = GaugeMetricFamily("redis_server_errors", "Erreurs répondues, par code.", labels=["code"])
        for code in ("OOM", "READONLY", "NOAUTH", "NOPERM", "BUSY"):
            errors.add_metric([code], info.get(f"errorstat_{code}", {}).get("count", 0))
        yield errors
# #endregion metriques
