import json
import threading
import time
import unittest
import uuid

import structlog

from advanced import Debit
from breaker import Breaker
from budget import RetryBudget
from failure import CallFailed
from production import ReliableCanteen, Settings
from relay import Relay
from retry import Patience
from twin import Twin, until


class ProductionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.twin = Twin()
        cls.addClassCleanup(cls.twin.stop)
        cls.relay = Relay(cls.twin.url)
        cls.addClassCleanup(cls.relay.stop)

    def open(self, **settings: object) -> ReliableCanteen:
        self.traces = structlog.testing.LogCapture()
        log = structlog.wrap_logger(None, processors=[self.traces])
        chosen = {"url": self.twin.url, "command_timeout": 0.1, "breaker_rest": 0.2, "patience": Patience(backoff=0.01)}
        canteen = ReliableCanteen(Settings(**{**chosen, **settings}), log)
        self.addCleanup(canteen.shutdown, 0.1)
        self.addCleanup(self.twin.thaw)
        canteen.redis.ping()
        return canteen

    def card(self, cents: int = 1000) -> str:
        name = f"essai-{uuid.uuid4().hex[:8]}"
        self.twin.admin.set(f"carte:{{{name}}}", cents)
        return name

    def value(self, canteen: ReliableCanteen, series: str) -> float:
        lines = [line for line in canteen.guard.expose().decode().splitlines() if line.startswith(f"{series} ")]
        return float(lines[0].split()[-1]) if lines else 0.0

    def fails(self, expected: str | tuple[str, ...], action, *args: object) -> None:
        with self.assertRaises(CallFailed) as caught:
            action(*args)
        self.assertIn(caught.exception.failure, (expected,) if isinstance(expected, str) else expected)

    def test_down_then_back(self) -> None:
        canteen, name = self.open(), self.card()
        self.twin.admin.hset("menu:lundi", mapping={"plat": "Gratin"})
        self.assertEqual(canteen.menu("lundi"), ({"plat": "Gratin"}, False))
        self.twin.kill()
        self.assertEqual(canteen.menu("lundi"), ({"plat": "Gratin"}, True))
        self.fails(("unreachable", "lost", "breaker"), canteen.menu, "mardi")
        self.fails(("unreachable", "lost", "breaker"), canteen.debit, name, 450)
        self.assertEqual(self.value(canteen, "redis_up"), 0)
        self.assertEqual(self.value(canteen, 'redis_fallbacks_total{operation="menu"}'), 1)
        self.twin.start()

        def fresh() -> bool:
            try:
                return not canteen.menu("lundi")[1]
            except CallFailed:
                return False

        until(fresh)
        self.assertEqual(self.value(canteen, "redis_up"), 1)

    def test_a_copy_too_old_is_not_shown(self) -> None:
        canteen = self.open(stale_for=0.03)
        canteen.menu("lundi")
        self.twin.freeze()
        time.sleep(0.06)
        self.fails("timeout", canteen.menu, "lundi")

    def test_frozen_opens_the_breaker_which_spares_the_following_calls(self) -> None:
        canteen = self.open(patience=Patience(attempts=2, backoff=0.01), breaker_failures=4, breaker_rest=60)
        self.twin.freeze()
        self.fails("timeout", canteen.debit, "x", 1)
        self.fails("timeout", canteen.debit, "x", 1)
        self.assertEqual(self.value(canteen, "redis_breaker_state"), 2)
        attempts = self.value(canteen, "redis_attempts_total")
        for _ in range(20):
            self.fails("breaker", canteen.debit, "x", 1)
        self.assertEqual(self.value(canteen, "redis_attempts_total"), attempts)

    def test_one_trial_closes_the_breaker(self) -> None:
        canteen = self.open(patience=Patience(attempts=1), breaker_failures=2, breaker_rest=0.1)
        self.twin.freeze()
        for _ in range(2):
            self.fails("timeout", canteen.tip, 1)
        self.twin.thaw()

        def answers() -> bool:
            try:
                return canteen.tip(1) > 0
            except CallFailed:
                return False

        until(answers)
        self.assertEqual(self.value(canteen, "redis_breaker_state"), 0)

    def test_the_same_passage_given_again_debits_once_and_is_counted(self) -> None:
        canteen, name = self.open(url=self.relay.url, patience=Patience(attempts=1)), self.card()
        self.relay.cuts = 1
        self.fails("lost", canteen.debit, name, 450, "p")
        self.assertEqual(canteen.debit(name, 450, "p"), Debit("again", 550))
        self.assertEqual(self.value(canteen, "redis_replays_total"), 1)

    def test_full_is_refused_at_once_and_reading_goes_on(self) -> None:
        canteen, name = self.open(), self.card()
        self.twin.admin.config_set("maxmemory", "1")
        try:
            for _ in range(10):
                self.fails("full", canteen.debit, name, 450)
            canteen.menu("lundi")
            self.assertEqual(self.value(canteen, "redis_attempts_total"), 11)
            self.assertEqual(self.value(canteen, "redis_breaker_state"), 0)
            self.assertGreaterEqual(self.value(canteen, 'redis_server_errors{code="OOM"}'), 10)
        finally:
            self.twin.admin.config_set("maxmemory", "0")

    def test_the_budget_bounds_what_a_fault_costs(self) -> None:
        canteen = self.open(retry_reserve=3, retry_share=0.1, breaker_failures=1000)
        self.twin.freeze()
        for _ in range(5):
            self.fails("timeout", canteen.debit, "x", 1)
        self.assertEqual(self.value(canteen, 'redis_retries_total{failure="timeout"}'), 3)
        self.assertGreaterEqual(self.value(canteen, "redis_retries_refused_total"), 3)

    def test_one_line_a_call(self) -> None:
        canteen, name = self.open(), self.card()
        canteen.debit(name, 450)
        line = next(entry for entry in self.traces.entries if entry["event"] == "debit")
        self.assertEqual((line["outcome"], line["key"]), ("ok", f"carte:{{{name}}}"))
        json.dumps(line)

    def test_closing_lets_the_running_calls_end(self) -> None:
        canteen, name = self.open(command_timeout=5.0, patience=Patience(budget=10)), self.card()
        self.twin.freeze()
        found: list[Debit] = []
        running = threading.Thread(target=lambda: found.append(canteen.debit(name, 450)))
        running.start()
        until(lambda: canteen.guard._running == 1)
        closing = threading.Thread(target=canteen.shutdown, args=[10])
        closing.start()
        until(lambda: canteen.guard._closing)
        self.fails("closing", canteen.debit, name, 450)
        self.twin.thaw()
        running.join()
        closing.join()
        self.assertEqual(found, [Debit("done", 550)])

    def test_a_breaker_step_by_step(self) -> None:
        clock = [0.0]
        breaker = Breaker(2, 100, lambda: clock[0])
        breaker.fail()
        self.assertEqual(breaker.state, "closed")
        breaker.fail()
        self.assertEqual((breaker.state, breaker.admit()), ("open", False))
        clock[0] = 100
        self.assertEqual((breaker.state, breaker.admit(), breaker.admit()), ("half-open", True, False))
        breaker.fail()
        self.assertEqual(breaker.state, "open")
        clock[0] = 200
        self.assertTrue(breaker.admit())
        breaker.succeed()
        self.assertEqual((breaker.state, breaker.admit()), ("closed", True))

    def test_a_budget_earns_a_share(self) -> None:
        budget = RetryBudget(0.25, 2)
        self.assertEqual([budget.spend() for _ in range(3)], [True, True, False])
        for _ in range(100):
            budget.earn()
        self.assertEqual([budget.spend() for _ in range(3)], [True, True, False])
