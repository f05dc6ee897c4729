import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from basic import Line, page, rank_of, submit
from twin import URL


class BasicTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Redis.from_url(URL, decode_responses=True)
        self.addCleanup(self.client.close)
        self.board = f"essai:{uuid.uuid4()}"

    def test_the_best_is_kept(self) -> None:
        outcomes = [submit(self.client, self.board, "ines", points) for points in (300, 200, 300, 301)]
        self.assertEqual(outcomes, [True, False, False, True])
        self.assertEqual(rank_of(self.client, self.board, "ines"), Line(1, "ines", 301))

    def test_games_that_arrive_together(self) -> None:
        with ThreadPoolExecutor(10) as games:
            list(games.map(lambda n: submit(self.client, self.board, "ines", n * 37 % 101), range(100)))
        self.assertEqual(rank_of(self.client, self.board, "ines").points, 100)

    def test_pages_follow_one_another(self) -> None:
        for n in range(25):
            submit(self.client, self.board, f"j{n}", n)
        pages = [page(self.client, self.board, start, 10) for start in (0, 10, 20, 30)]
        self.assertEqual([len(one) for one in pages], [10, 10, 5, 0])
        self.assertEqual([line.rank for one in pages for line in one], list(range(1, 26)))

    def test_a_stranger(self) -> None:
        self.assertIsNone(rank_of(self.client, self.board, "personne"))


if __name__ == "__main__":
    unittest.main()
