import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Timer

from redis.exceptions import OutOfMemoryError, TimeoutError

from advanced import Debit, PatientCanteen
from basic import connect
from failure import CallFailed
from relay import Relay
from retry import Patience, pause, retry
from twin import Twin

PATIENCE = Patience(attempts=6, budget=10, backoff=0.02)


class AdvancedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.twin = Twin()
        cls.addClassCleanup(cls.twin.stop)
        cls.relay = Relay(cls.twin.url)
        cls.addClassCleanup(cls.relay.stop)

    def canteen(self, patience: Patience = PATIENCE) -> PatientCanteen:
        redis = connect(self.relay.url, 0.5, 0.2)
        self.addCleanup(redis.connection_pool.disconnect)
        redis.ping()
        return PatientCanteen(redis, patience)

    def card(self, cents: int = 1000) -> str:
        name = f"essai-{uuid.uuid4().hex[:8]}"
        self.twin.admin.set(f"carte:{{{name}}}", cents)
        return name

    def balance(self, name: str) -> int:
        return int(self.twin.admin.get(f"carte:{{{name}}}"))

    def fails(self, failure: str, action, *args: object) -> None:
        with self.assertRaises(CallFailed) as caught:
            action(*args)
        self.assertEqual(caught.exception.failure, failure)

    def test_the_reply_is_lost_and_the_debit_is_not_doubled(self) -> None:
        canteen, name = self.canteen(), self.card()
        self.relay.cuts = 2
        self.assertEqual(canteen.debit(name, 450), Debit("again", 550))
        self.assertEqual(self.balance(name), 550)

    def test_fifty_tills_replay_the_same_passage(self) -> None:
        canteen, name, passage = self.canteen(), self.card(), str(uuid.uuid4())
        with ThreadPoolExecutor(10) as tills:
            debits = list(tills.map(lambda _: canteen.debit(name, 450, passage), range(50)))
        self.assertEqual([debit.outcome for debit in debits].count("done"), 1)
        self.assertEqual({debit.left for debit in debits}, {550})
        self.assertEqual(self.balance(name), 550)

    def test_two_passages_are_two_debits_and_short_is_an_answer(self) -> None:
        canteen, name = self.canteen(), self.card()
        canteen.debit(name, 450)
        self.assertEqual(canteen.debit(name, 450), Debit("done", 100))
        self.assertEqual(canteen.debit(name, 450), Debit("short", 100))
        self.assertEqual(canteen.debit("personne", 450), Debit("unknown", 0))

    def test_what_has_no_name_is_not_replayed_when_it_may_have_run(self) -> None:
        self.twin.admin.set("pourboires", 0)
        canteen = self.canteen()
        self.relay.cuts = 1
        self.fails("lost", canteen.tip, 50)
        self.assertEqual(self.twin.admin.get("pourboires"), "50")

    def test_what_cannot_have_run_is_replayed(self) -> None:
        self.twin.admin.set("pourboires", 0)
        canteen = self.canteen(Patience(attempts=100, budget=10, backoff=0.005))
        self.twin.admin.replicaof("127.0.0.1", 1)
        promotion = Timer(0.03, lambda: self.twin.admin.replicaof("no", "one"))
        promotion.start()
        self.assertEqual(canteen.tip(50), 50)
        promotion.join()

    def test_what_no_pause_will_cure_is_not_replayed(self) -> None:
        attempts = []

        def refused() -> None:
            attempts.append(1)
            raise OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")

        self.fails("full", lambda: retry(refused, PATIENCE, repeatable=True))
        self.assertEqual(len(attempts), 1)

    def test_attempts_and_pauses_stay_within_the_budget(self) -> None:
        attempts = []

        def silent() -> None:
            attempts.append(1)
            raise TimeoutError("Timeout reading from socket")

        patience = Patience(attempts=1000, budget=0.3, backoff=0.02, backoff_cap=0.05)
        self.fails("timeout", lambda: retry(silent, patience, repeatable=True))
        self.assertTrue(3 < len(attempts) < 300, len(attempts))

    def test_pauses_grow_are_capped_and_are_spread(self) -> None:
        patience = Patience(backoff=0.05, backoff_cap=0.4)
        for attempt, cap in ((1, 0.05), (2, 0.1), (3, 0.2), (4, 0.4), (9, 0.4)):
            drawn = [pause(attempt, patience) for _ in range(2000)]
            self.assertTrue(min(drawn) < cap * 0.05 and cap * 0.95 < max(drawn) <= cap)

    def test_a_server_that_forgot_its_scripts_is_taught_again(self) -> None:
        canteen, name = self.canteen(), self.card()
        self.twin.admin.script_flush()
        self.assertEqual(canteen.debit(name, 450), Debit("done", 550))
