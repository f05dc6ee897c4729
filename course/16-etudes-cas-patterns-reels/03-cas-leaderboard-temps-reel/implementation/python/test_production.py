import threading
import time
import unittest
import uuid

import structlog

from advanced import Leaderboard
from basic import Line
from breaker import Breaker
from failure import LeaderboardUnavailable, pause
from production import Page, ReliableLeaderboard, Score, Settings, Submitted
from twin import Twin, until


class ProductionTest(unittest.TestCase):
    twin: Twin

    @classmethod
    def setUpClass(cls) -> None:
        cls.twin = Twin()
        cls.addClassCleanup(cls.twin.stop)

    def connect(self, **settings: object) -> ReliableLeaderboard:
        self.traces = structlog.testing.LogCapture()
        log = structlog.wrap_logger(None, processors=[self.traces])
        base = {"url": self.twin.url, "game": str(uuid.uuid4()), "command_timeout": 0.2, "backoff": 0.01, "flush_every": 0.03}
        board = ReliableLeaderboard(Settings(**{**base, **settings}), log=log)
        self.addCleanup(board.shutdown, 0.1)
        self.addCleanup(self.twin.thaw)
        return board

    def value(self, board: ReliableLeaderboard, series: str) -> float:
        lines = [line for line in board.metrics().decode().splitlines() if line.startswith(f"{series} ")]
        return float(lines[0].split()[-1]) if lines else 0.0

    def refused(self, failure: str, action, *args: object) -> None:
        with self.assertRaises(LeaderboardUnavailable) as caught:
            action(*args)
        if failure:
            self.assertEqual(caught.exception.failure, failure)

    def ranked(self, board: ReliableLeaderboard, player: str, rank: int):
        def reached() -> bool:
            try:
                line = board.rank_of("all", player)
            except LeaderboardUnavailable:
                return False
            return line is not None and line.rank == rank

        return reached

    def test_everything_the_board_does(self) -> None:
        board, now = self.connect(), time.time()
        for player, points in (("ines", 30), ("noah", 50), ("yuki", 40)):
            self.assertEqual(board.submit(player, points, now), Submitted(["day", "week", "all"], pending=False))
        self.assertEqual(board.award("ines", "m1", 5), 5)
        self.assertEqual(board.page("all", 0, 1), Page([Line(1, "noah", 50)], stale=False))
        self.assertEqual(len(board.around("day", "yuki", 1)), 3)
        self.assertEqual(board.among("week", ["ines", "yuki"])[0].player, "yuki")
        self.assertEqual(self.value(board, 'leaderboard_players{period="all"}'), 3)
        board.remove("noah")
        self.assertEqual(board.rank_of("all", "yuki").rank, 1)

    def test_down_then_back(self) -> None:
        board, now = self.connect(breaker_rest=0.1), time.time()
        board.submit("ines", 30, now)
        board.page("all", 0, 10)
        self.twin.kill()
        self.assertTrue(board.page("all", 0, 10).stale)
        self.refused("", board.page, "all", 10, 10)
        self.refused("", board.rank_of, "all", "ines")
        for player, points, at in (("tard", 80, now - 1), ("tot", 80, now - 60), ("tot", 10, now)):
            self.assertEqual(board.submit(player, points, at), Submitted([], pending=True))
        self.assertEqual(self.value(board, "leaderboard_pending_scores"), 2)
        self.assertEqual(self.value(board, "leaderboard_redis_up"), 0)
        self.twin.start()
        until(self.ranked(board, "tot", 1))
        until(self.ranked(board, "tard", 2))
        until(lambda: self.value(board, "leaderboard_pending_scores") == 0)

    def test_copies_grow_old(self) -> None:
        board = self.connect(stale_for=0.05)
        board.page("all", 0, 10)
        self.twin.freeze()
        time.sleep(0.06)
        self.refused("timeout", board.page, "all", 0, 10)

    def test_a_full_store_says_so(self) -> None:
        board = self.connect(pending=1, attempts=1)
        self.twin.freeze()
        self.assertTrue(board.submit("un", 1).pending)
        self.refused("", board.submit, "deux", 1)
        self.assertTrue(board.submit("un", 2).pending)
        self.assertEqual(self.value(board, "leaderboard_dropped_scores_total"), 1)

    def test_slow_a_match_awarded_again_counts_once(self) -> None:
        board = self.connect(breaker_failures=50)
        board.award("ines", "avant", 1)
        self.twin.freeze()
        self.refused("timeout", board.award, "ines", "perdue", 10)
        self.assertEqual(self.value(board, 'leaderboard_retries_total{failure="timeout"}'), 2)
        self.twin.thaw()
        # Trois envois sont arrivés à Redis, qui les exécute à son réveil ; l'appelant en fait un quatrième.
        self.assertEqual(board.award("ines", "perdue", 10), 11)

    def test_silent_opens_the_breaker_and_one_try_closes_it(self) -> None:
        board = self.connect(attempts=1, breaker_rest=1.5)
        self.twin.freeze()
        for _ in range(5):
            self.refused("timeout", board.rank_of, "all", "ines")
        self.refused("breaker", board.rank_of, "all", "ines")
        self.assertEqual(self.value(board, "leaderboard_breaker_state"), 2)
        self.twin.thaw()

        def answers() -> bool:
            try:
                return board.rank_of("all", "ines") is None
            except LeaderboardUnavailable:
                return False

        until(answers)
        self.assertEqual(self.value(board, "leaderboard_breaker_state"), 0)

    def test_read_only_still_reads_and_scores_wait(self) -> None:
        board = self.connect(breaker_rest=0.1)
        board.submit("ines", 30)
        self.twin.admin.replicaof("127.0.0.1", 1)
        try:
            self.assertTrue(board.submit("noah", 90).pending)
            self.assertGreater(self.value(board, 'leaderboard_retries_total{failure="readonly"}'), 0)
            until(self.ranked(board, "ines", 1))
        finally:
            self.twin.admin.replicaof("no", "one")
        until(self.ranked(board, "noah", 1))

    def test_full_still_reads_and_is_not_hammered(self) -> None:
        board = self.connect()
        board.submit("ines", 30)
        self.twin.admin.config_set("maxmemory", "1")
        try:
            self.assertTrue(board.submit("noah", 90).pending)
            self.refused("full", board.award, "ines", "m", 1)
            self.assertEqual(self.value(board, 'leaderboard_retries_total{failure="full"}'), 0)
            until(self.ranked(board, "ines", 1))
        finally:
            self.twin.admin.config_set("maxmemory", "0")
        until(self.ranked(board, "noah", 1))

    def test_a_defect_is_raised_as_it_is(self) -> None:
        game = str(uuid.uuid4())
        board = self.connect(game=game)
        self.twin.admin.set(f"lb:{{{game}}}:all", "not a board")
        for _ in range(6):
            with self.assertRaisesRegex(Exception, "WRONGTYPE"):
                board.rank_of("all", "ines")
        with self.assertRaises(ValueError):
            board.submit("ines", -1)
        self.assertEqual(self.value(board, "leaderboard_breaker_state"), 0)
        self.assertEqual(self.value(board, "leaderboard_pending_scores"), 0)

    def test_traces(self) -> None:
        board = self.connect()
        board.submit("ines", 30)
        trace = next(entry for entry in self.traces.entries if entry["event"] == "submit")
        self.assertEqual((trace["outcome"], trace["key"]), ("ok", "ines"))

    def test_shutdown_finishes_sends_and_refuses(self) -> None:
        board = self.connect(command_timeout=5.0, flush_every=600)
        board._pending[("garde", 0)] = Score("garde", 70, time.time())
        self.twin.freeze()
        seen: list[object] = []
        under_way = threading.Thread(target=lambda: seen.append(board.submit("ines", 30)))
        under_way.start()
        until(lambda: board._running == 1)
        stopping = threading.Thread(target=board.shutdown)
        stopping.start()
        until(lambda: board._closing)
        self.refused("connection", board.submit, "noah", 1)
        self.twin.thaw()
        under_way.join()
        stopping.join()
        self.assertFalse(seen[0].pending)
        found = Leaderboard(self.twin.admin, board.settings.game, board.settings.opened_at).page("all", 0, 5)
        self.assertEqual([line.player for line in found], ["garde", "ines"])

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
