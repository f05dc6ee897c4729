import json
import logging
import os
import time
import unittest
import urllib.error
import urllib.request
import uuid
from dataclasses import replace

import redis
import structlog
from prometheus_client import CollectorRegistry

from advanced import Bucket, Window
from gateway import Gateway
from production import CircuitBreaker, Configuration, Guard, LocalWindow, Metrics, Route, backoff, connect, failure_of
from relay import Relay

URL = os.environ.get("REDIS_URL", "redis://localhost:6379")
SEARCH = Route("recherche", Window(40, 60_000, "fixed-window"), "open")
# Time enough for a machine that does something else; the test of slowness sets its own.
PATIENT = Configuration(command_timeout=5.0, budget=20.0)
LOGIN = replace(SEARCH, name="connexion", on_failure="closed")

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "the condition never came"
        time.sleep(0.01)


class WithRelay(unittest.TestCase):
    def setUp(self):
        self.relay = Relay(URL).open()
        self.addCleanup(self.relay.cut)
        self.direct = redis.Redis.from_url(URL, decode_responses=True)
        self.addCleanup(self.direct.close)
        self.client = str(uuid.uuid4())

    def guard(self, route, **over):
        self.registry = CollectorRegistry()
        configuration = replace(PATIENT, redis_url=self.relay.url, **over)
        connection = connect(configuration)
        self.addCleanup(connection.connection_pool.disconnect)
        return Guard(route, connection, configuration, Metrics(self.registry))

    def value(self, name, **labels):
        return self.registry.get_sample_value(name, labels) or 0


class Failures(WithRelay):
    def test_redis_answers(self):
        guard = self.guard(SEARCH)
        answers = [guard.check(self.client) for _ in range(50)]
        self.assertEqual(sum(answer.admitted for answer in answers), 40)
        self.assertEqual({answer.source for answer in answers}, {"redis"})
        labels = {"route": "recherche", "result": "refused", "source": "redis"}
        self.assertEqual(self.value("rate_limit_checks_total", **labels), 10)

    def test_down_open_route_lets_its_share_pass(self):
        guard = self.guard(SEARCH)
        self.relay.cut()
        answers = [guard.check(self.client) for _ in range(30)]
        self.assertEqual(sum(answer.admitted for answer in answers), 10)
        self.assertEqual({answer.source for answer in answers}, {"local"})
        self.assertTrue(guard.degraded)
        self.assertEqual(self.value("rate_limit_breaker_open", route="recherche"), 1)

    def test_down_closed_route_lets_nothing_pass(self):
        guard = self.guard(LOGIN)
        self.relay.cut()
        self.assertEqual(guard.check(self.client), (False, 0, 1000, "closed"))

    def test_slow_then_the_breaker_stops_asking(self):
        guard = self.guard(SEARCH, command_timeout=0.06, breaker_open=600.0)
        self.relay.stalled = True
        for _ in range(5):
            self.assertEqual(guard.check(self.client).source, "local")
        for _ in range(100):
            guard.check(self.client)
        self.assertEqual(self.value("rate_limit_failures_total", kind="timeout"), 5)
        self.assertEqual(self.value("rate_limit_retries_total"), 0)

    def test_restarted_with_keys_and_scripts_lost(self):
        guard = self.guard(SEARCH, breaker_open=0.05)
        self.assertEqual(guard.check(self.client).source, "redis")
        self.relay.cut()
        for _ in range(6):
            guard.check(self.client)
        self.assertTrue(guard.degraded)
        self.direct.script_flush()
        self.direct.delete(f"rl:{{{self.client}}}:recherche")
        self.relay.open()
        until(lambda: guard.check(self.client).source == "redis")
        self.assertFalse(guard.degraded)
        self.assertEqual(self.direct.get(f"rl:{{{self.client}}}:recherche"), "1")

    def test_a_callers_mistake_is_raised(self):
        guard = self.guard(replace(SEARCH, policy=Bucket(5, 1)))
        self.assertRaises(ValueError, guard.check, self.client, 6)
        self.assertFalse(guard.degraded)

    def test_the_gateway_answers_exposes_and_stops(self):
        gateway = Gateway([SEARCH, LOGIN], replace(PATIENT, redis_url=self.relay.url), 0)
        origin = f"http://127.0.0.1:{gateway.server.server_address[1]}"

        def ask(path):
            request = urllib.request.Request(origin + path, headers={"x-api-key": self.client})
            try:
                with urllib.request.urlopen(request) as response:
                    return response.status, response.read()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.headers.get("Retry-After")

        try:
            statuses = [ask("/recherche")[0] for _ in range(41)]
            self.assertEqual(statuses, [200] * 40 + [429])
            self.relay.cut()
            for _ in range(6):
                self.assertEqual(ask("/connexion"), (503, "1"))
            self.assertEqual(json.loads(ask("/healthz")[1]), {"degraded": True})
            exposed = ask("/metrics")[1].decode()
            self.assertIn('rate_limit_checks_total{result="refused",route="connexion",source="closed"} 6.0', exposed)
            self.assertEqual(ask("/inconnu")[0], 404)
        finally:
            gateway.stop()
        self.assertRaises(OSError, urllib.request.urlopen, f"{origin}/healthz")


class Parts(unittest.TestCase):
    def test_back_off_is_exponential_and_bounded(self):
        self.assertEqual(backoff(3, 1, 100, lambda: 1), 8)
        self.assertEqual(backoff(30, 1, 100, lambda: 1), 100)
        self.assertGreater(len({backoff(5, 1, 100) for _ in range(100)}), 90)

    def test_the_breaker_lets_one_try_pass_a_period(self):
        breaker = CircuitBreaker(3, 1.0)
        for _ in range(3):
            breaker.failed(1.0)
        self.assertEqual([breaker.allows(t) for t in (1.4, 2.5, 2.6)], [False, True, False])
        breaker.succeeded()
        self.assertTrue(breaker.allows(2.7))

    def test_the_local_window_is_bounded_and_ends(self):
        local = LocalWindow(1, 1.0, clients=3)
        self.assertTrue(local.check("a", 10.0).admitted)
        self.assertEqual(local.check("a", 10.4), (False, 0, 600))
        self.assertTrue(local.check("a", 11.0).admitted)
        for name in "bcd":
            local.check(name, 11.0)
        self.assertTrue(local.check("a", 11.1).admitted, "the oldest was forgotten")

    def test_errors_are_told_apart(self):
        kinds = {
            redis.BusyLoadingError("LOADING"): "unavailable",
            redis.ReadOnlyError("READONLY"): "unavailable",
            redis.ResponseError("CLUSTERDOWN The cluster is down"): "unavailable",
            redis.TimeoutError("Timeout reading from socket"): "timeout",
            redis.AuthenticationError("NOAUTH"): "denied",
            redis.ConnectionError("Connection refused"): "connection",
            redis.ResponseError("WRONGTYPE"): "unexpected",
        }
        for error, kind in kinds.items():
            self.assertEqual(failure_of(error), kind)


if __name__ == "__main__":
    unittest.main()
