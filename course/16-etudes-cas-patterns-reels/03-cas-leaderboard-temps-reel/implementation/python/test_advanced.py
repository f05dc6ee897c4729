import time
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from redis import Redis

from advanced import DAY, MAX_POINTS, Leaderboard, points_of, score_of
from basic import Line
from sharded import ShardedBoard
from twin import URL

OPENED = datetime(2026, 1, 5, tzinfo=timezone.utc)


class AdvancedTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Redis.from_url(URL, decode_responses=True)
        self.addCleanup(self.client.close)
        self.board = Leaderboard(self.client, f"essai-{uuid.uuid4()}", OPENED)

    def names(self, lines: list[Line]) -> list[str]:
        return [line.player for line in lines]

    def test_scores_are_exact_to_the_last_bit(self) -> None:
        for points in (0, 1, 4095, MAX_POINTS - 1, MAX_POINTS):
            for second in (0, 1, 31_536_000, 2**28 - 1):
                self.assertEqual(points_of(float(score_of(points, second))), points)
        self.assertLess(score_of(MAX_POINTS, 0), 2**53)
        self.assertGreater(score_of(8, 2**28 - 1), score_of(7, 0))
        for points, second in ((-1, 0), (0.5, 0), (MAX_POINTS + 1, 0), (0, -1), (0, 2**28)):
            with self.assertRaises(ValueError):
                score_of(points, second)

    def test_ties_by_arrival(self) -> None:
        now = time.time()
        for player, before in (("zoe", 30), ("ali", 10), ("mia", 20)):
            self.board.submit(player, 500, now - before)
        self.assertEqual(self.names(self.board.page("all", 0, 3)), ["zoe", "mia", "ali"])
        self.assertEqual(self.board.submit("zoe", 500, now), [])

    def test_periods(self) -> None:
        wednesday = datetime(2026, 11, 25, 12, tzinfo=timezone.utc).timestamp()
        self.assertEqual(self.board.submit("ines", 900, wednesday - DAY), ["day", "week", "all"])
        self.assertEqual(self.board.submit("ines", 400, wednesday), ["day"])
        self.assertTrue(self.board.key("week", wednesday).endswith(":week:2026-11-23"))
        best = [points_of(self.client.zscore(self.board.key(p, wednesday), "ines")) for p in ("day", "week", "all")]
        self.assertEqual(best, [400, 900, 900])

    def test_expiry_is_set_once(self) -> None:
        self.board.submit("ines", 1)
        self.assertEqual(self.client.ttl(self.board.key("all")), -1)
        for period, days in (("day", 8), ("week", 35)):
            self.assertGreater(self.client.ttl(self.board.key(period)), (days - 1) * DAY)
            self.client.expire(self.board.key(period), 1000)
            self.board.submit("ines", 2)
            self.assertLessEqual(self.client.ttl(self.board.key(period)), 1000)

    def test_a_match_counts_once(self) -> None:
        self.assertEqual([self.board.award("ines", "m", 30), self.board.award("ines", "m", 30)], [30, 30])
        with ThreadPoolExecutor(10) as games:
            list(games.map(lambda n: self.board.award("ines", f"autre-{n}", 2), range(100)))
        self.assertEqual(self.board.award("ines", "derniere", 0), 230)

    def test_a_total_that_does_not_fit(self) -> None:
        self.board.award("ines", "a", MAX_POINTS)
        for _ in range(2):
            with self.assertRaises(ValueError):
                self.board.award("ines", "b", 1)
        self.assertEqual(self.board.award("ines", "c", 0), MAX_POINTS)

    def test_neighbours(self) -> None:
        now = time.time()
        for n in range(30):
            self.board.submit(f"j{n}", 100 + n, now)
        around = self.board.around("all", "j15", 2)
        self.assertEqual([(line.rank, line.points) for line in around], [(13, 117), (14, 116), (15, 115), (16, 114), (17, 113)])
        self.assertEqual(self.names(self.board.around("all", "j29", 2)), ["j29", "j28", "j27"])
        self.assertEqual(self.names(self.board.around("all", "j0", 2)), ["j2", "j1", "j0"])
        self.assertEqual(self.board.around("all", "personne", 2), [])
        self.client.script_flush()
        self.assertEqual(len(self.board.around("all", "j15", 1)), 3)

    def test_friends(self) -> None:
        for player, points in (("ines", 30), ("noah", 50), ("yuki", 40)):
            self.board.submit(player, points)
        ranked = self.board.among("all", ["ines", "noah", "absente", "yuki"])
        self.assertEqual(ranked, [Line(1, "noah", 50), Line(2, "yuki", 40), Line(3, "ines", 30)])
        self.assertEqual(self.board.among("all", []), [])

    def test_a_cheat_is_nowhere(self) -> None:
        self.board.submit("tricheur", 9000, time.time() - 3 * DAY)
        self.board.award("tricheur", "x", 1)
        self.board.remove("tricheur")
        pattern = self.board.key("all").removesuffix("all") + "*"
        boards = [key for key in self.client.scan_iter(pattern) if self.client.type(key) == "zset"]
        self.assertEqual(boards, [])

    def test_five_parts_rank_as_one(self) -> None:
        one, five = (ShardedBoard(self.client, f"essai-{uuid.uuid4()}", shards) for shards in (1, 5))
        players = {f"j{n}": n * 7919 % 1000 for n in range(300)}
        for player, points in players.items():
            one.submit(player, points, 0)
            five.submit(player, points, 0)
        self.assertEqual(len({five.key_of(player) for player in players}), 5)
        self.assertEqual(five.top(20), one.top(20))
        for player in list(players)[:40]:
            self.assertEqual(five.rank_of(player), one.rank_of(player))
        self.assertIsNone(five.rank_of("personne"))


if __name__ == "__main__":
    unittest.main()
