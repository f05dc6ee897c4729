"""Une passerelle HTTP minimale autour des gardes : ce qu'il faut pour mesurer, alerter et s'arrêter proprement.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from advanced import Bucket, Window, http_answer
from basic import Decision
from production import Configuration, Guard, Metrics, Route, connect


# #region passerelle
class Gateway:
    """Chaque route derrière sa garde, plus `/metrics` et `/healthz`."""

    def __init__(self, routes: list[Route], configuration: Configuration, port: int) -> None:
        self._connection = connect(configuration)
        self._registry = CollectorRegistry()
        metrics = Metrics(self._registry)
        self._guards = {route.name: Guard(route, self._connection, configuration, metrics) for route in routes}
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                gateway._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Plus d'entrée, décisions en cours rendues, connexions closes."""
        self.server.shutdown()
        self.server.server_close()
        for guard in self._guards.values():
            guard.close()
        self._connection.connection_pool.disconnect()
        structlog.get_logger().info("gateway.stopped")

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.split("?")[0].strip("/")
        body, headers = b"", {}
        if path == "metrics":
            status, body, headers = 200, generate_latest(self._registry), {"Content-Type": CONTENT_TYPE_LATEST}
        elif path == "healthz":
            status, body = 200, json.dumps({"degraded": any(g.degraded for g in self._guards.values())}).encode()
        elif guard := self._guards.get(path):
            answer = guard.check(request.headers.get("x-api-key") or request.client_address[0])
            status, headers = http_answer(Decision(*answer[:3]), guard.route.policy)
            if answer.source == "closed":
                status = 503
        else:
            status = 404
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
# #endregion passerelle


def main() -> None:
    structlog.configure(processors=[structlog.processors.TimeStamper(), structlog.processors.JSONRenderer()])
    gateway = Gateway(
        [
            Route("recherche", Bucket(capacity=200, rate_per_second=100), "open"),
            Route("connexion", Window(limit=5, window_ms=60_000, algorithm="sliding-log"), "closed"),
        ],
        Configuration(redis_url=os.environ.get("REDIS_URL", Configuration.redis_url)),
        int(os.environ.get("PORT", "8080")),
    )
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    stopping.wait()
    gateway.stop()


if __name__ == "__main__":
    main()
