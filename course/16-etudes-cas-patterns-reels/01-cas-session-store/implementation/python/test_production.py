import json
import threading
import time
import unittest
import uuid

import structlog

from advanced import named
from breaker import Breaker
from failure import SessionsUnavailable, pause
from production import ReliableSessions, Settings, Visit
from twin import Twin, until

VISITOR = {"user": None, "device": {"name": "Essai", "address": "192.0.2.1"}, "prefs": {}, "cart": {}, "recent": []}


def someone() -> str:
    return f"essai-{uuid.uuid4().hex[:12]}"


class ProductionTest(unittest.TestCase):
    twin: Twin

    @classmethod
    def setUpClass(cls) -> None:
        cls.twin = Twin()
        cls.addClassCleanup(cls.twin.stop)

    def connect(self, **settings: object) -> ReliableSessions:
        self.traces = structlog.testing.LogCapture()
        log = structlog.wrap_logger(None, processors=[self.traces])
        chosen = {"url": self.twin.url, "command_timeout": 0.2, "backoff": 0.01, **settings}
        sessions = ReliableSessions(Settings(**chosen), log=log)
        self.addCleanup(sessions.shutdown, 0.1)
        self.addCleanup(self.twin.thaw)
        return sessions

    def value(self, sessions: ReliableSessions, series: str) -> float:
        lines = [line for line in sessions.metrics().decode().splitlines() if line.startswith(f"{series} ")]
        return float(lines[0].split()[-1]) if lines else 0.0

    def refused(self, failure: str, action, *args: object) -> None:
        with self.assertRaises(SessionsUnavailable) as caught:
            action(*args)
        self.assertEqual(caught.exception.failure, failure)

    def test_everything_the_store_does(self) -> None:
        sessions, owner = self.connect(), someone()
        first = sessions.open(someone(), VISITOR)
        self.assertEqual(sessions.add_to_cart(first, "livre-1", 2), 2)
        self.assertTrue(sessions.set_preference(first, "theme", "clair"))
        renewed = sessions.rotate(sessions.login(first, owner))
        expected = {**VISITOR, "user": owner, "prefs": {"theme": "clair"}, "cart": {"livre-1": 2}}
        self.assertEqual(sessions.touch(renewed), Visit(expected, stale=False))
        self.assertEqual(len(sessions.devices(owner)), 1)
        self.assertEqual(sessions.close_all(owner), 1)
        self.assertIsNone(sessions.touch(renewed))

    def test_down_then_back(self) -> None:
        sessions = self.connect(breaker_rest=0.1)
        known, unseen = sessions.open(someone(), VISITOR), sessions.open(someone(), VISITOR)
        sessions.touch(known)
        self.twin.kill()
        self.assertEqual(sessions.touch(known), Visit(VISITOR, stale=True))
        for action in (lambda: sessions.touch(unseen), lambda: sessions.add_to_cart(known, "livre-1", 1)):
            with self.assertRaises(SessionsUnavailable):
                action()
        self.assertEqual(self.value(sessions, "sessions_redis_up"), 0)
        self.assertGreaterEqual(self.value(sessions, "sessions_stale_served_total"), 1)
        self.twin.start()

        def forgotten() -> bool:
            try:
                return sessions.touch(known) is None
            except SessionsUnavailable:
                return False

        until(forgotten)
        self.assertEqual(self.value(sessions, "sessions_redis_up"), 1)

    def test_copies_grow_old_and_closed_ones_are_dropped(self) -> None:
        sessions, owner = self.connect(stale_for=0.05), someone()
        old, closed = sessions.open(someone(), VISITOR), sessions.open(owner, VISITOR)
        sessions.touch(old)
        sessions.touch(closed)
        sessions.close_all(owner)
        self.twin.freeze()
        time.sleep(0.06)
        self.refused("timeout", sessions.touch, old)
        self.refused("breaker", sessions.touch, closed)

    def test_slow_reads_are_retried_additions_are_not(self) -> None:
        sessions = self.connect()
        token = sessions.open(someone(), VISITOR)
        sessions.add_to_cart(token, "livre-1", 1)
        self.twin.freeze()
        self.refused("timeout", sessions.add_to_cart, token, "livre-1", 1)
        self.assertEqual(self.value(sessions, 'sessions_retries_total{failure="timeout"}'), 0)
        self.refused("timeout", sessions.devices, someone())
        self.assertEqual(self.value(sessions, 'sessions_retries_total{failure="timeout"}'), 2)
        self.twin.thaw()
        # L'ajout était parti : Redis l'a exécuté après que nous avons cessé d'attendre. Le rejouer l'aurait doublé.
        key = named(token).document
        until(lambda: self.twin.admin.execute_command("JSON.GET", key, '.cart["livre-1"]') in ("2", 2))

    def test_silent_opens_the_breaker_and_one_try_closes_it(self) -> None:
        sessions, owner = self.connect(attempts=1, breaker_rest=0.3), someone()
        self.twin.freeze()
        for _ in range(5):
            self.refused("timeout", sessions.devices, owner)
        self.assertEqual(self.value(sessions, "sessions_breaker_state"), 2)
        self.refused("breaker", sessions.devices, owner)
        self.twin.thaw()

        def answers() -> bool:
            try:
                return sessions.devices(owner) == []
            except SessionsUnavailable:
                return False

        until(answers)
        self.assertEqual(self.value(sessions, "sessions_breaker_state"), 0)

    def test_read_only_still_reads(self) -> None:
        sessions = self.connect()
        token = sessions.open(someone(), VISITOR)
        self.twin.admin.replicaof("127.0.0.1", 1)
        try:
            self.assertEqual(sessions.touch(token), Visit(VISITOR, stale=False))
            self.refused("readonly", sessions.add_to_cart, token, "livre-1", 1)
            self.assertGreater(self.value(sessions, 'sessions_retries_total{failure="readonly"}'), 0)
        finally:
            self.twin.admin.replicaof("no", "one")
        self.assertEqual(sessions.add_to_cart(token, "livre-1", 1), 1)

    def test_full_still_reads_and_slides(self) -> None:
        sessions, owner = self.connect(), someone()
        token = sessions.open(owner, VISITOR)
        self.twin.admin.pexpire(named(token).document, 1000)
        self.twin.admin.config_set("maxmemory", "1")
        try:
            self.assertEqual(sessions.touch(token), Visit(VISITOR, stale=False))
            self.assertGreater(self.twin.admin.pttl(named(token).document), 60_000)
            self.refused("full", sessions.open, someone(), VISITOR)
            self.refused("full", sessions.add_to_cart, token, "livre-1", 1)
            self.assertEqual(self.value(sessions, 'sessions_retries_total{failure="full"}'), 0)
            self.assertEqual(sessions.close_all(owner), 1)
        finally:
            self.twin.admin.config_set("maxmemory", "0")

    def test_a_defect_is_raised_as_it_is(self) -> None:
        sessions, owner = self.connect(), someone()
        self.twin.admin.set(f"sessions:{{{owner}}}", "not an index")
        for _ in range(6):
            with self.assertRaisesRegex(Exception, "WRONGTYPE"):
                sessions.devices(owner)
        self.assertEqual(self.value(sessions, "sessions_breaker_state"), 0)

    def test_traces_hold_no_secret(self) -> None:
        sessions = self.connect()
        token = sessions.open(someone(), VISITOR)
        sessions.touch(token)
        trace = next(entry for entry in self.traces.entries if entry["event"] == "touch")
        self.assertEqual(trace["outcome"], "ok")
        self.assertRegex(trace["key"], r"^session:\{essai-\w+\}:[\w-]{6}…$")
        self.assertNotIn(token.split(".")[1], json.dumps(self.traces.entries))

    def test_shutdown_waits_and_refuses(self) -> None:
        sessions = self.connect(command_timeout=5.0)
        token = sessions.open(someone(), VISITOR)
        self.twin.freeze()
        seen: list[object] = []
        under_way = threading.Thread(target=lambda: seen.append(sessions.touch(token)))
        under_way.start()
        until(lambda: sessions._running == 1)
        stopping = threading.Thread(target=sessions.shutdown)
        stopping.start()
        until(lambda: sessions._closing)
        self.refused("connection", sessions.touch, token)
        self.twin.thaw()
        under_way.join()
        stopping.join()
        self.assertEqual(seen, [Visit(VISITOR, stale=False)])

    def test_half_open_lets_one_try(self) -> None:
        breaker = Breaker(2, 0.02)
        breaker.fail()
        self.assertEqual(breaker.state, "closed")
        breaker.fail()
        self.assertFalse(breaker.admit())
        until(lambda: breaker.state == "half-open")
        self.assertEqual([breaker.admit(), breaker.admit()], [True, False])
        breaker.succeed()
        self.assertEqual(breaker.state, "closed")

    def test_pauses_grow_under_a_cap_and_differ(self) -> None:
        longest = [max(pause(attempt, 0.05, 1.0) for _ in range(500)) for attempt in (1, 3, 12)]
        self.assertLessEqual(longest[0], 0.05)
        self.assertTrue(0.05 < longest[1] <= 0.2)
        self.assertLessEqual(longest[2], 1.0)
        self.assertGreater(len({pause(4, 0.05, 1.0) for _ in range(50)}), 40)


if __name__ == "__main__":
    unittest.main()
