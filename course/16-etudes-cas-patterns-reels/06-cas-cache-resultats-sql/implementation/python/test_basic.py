import unittest
import uuid

from redis import Redis

from basic import cached, key_of
from sales import BEST_SELLERS, Database
from twin import URL


class BasicTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Redis.from_url(URL, decode_responses=True)
        self.addCleanup(self.client.close)
        self.name = f"essai-{uuid.uuid4()}"

    def test_the_base_is_the_same_everywhere(self) -> None:
        database = Database()
        self.addCleanup(database.close)
        self.assertEqual(database.ask("SELECT count(*) AS n, sum(quantity) AS c FROM sales"), [{"n": 120_000, "c": 239_650}])
        rows = database.ask(BEST_SELLERS, 1, 90)
        self.assertEqual(len(rows), 36)
        self.assertEqual((rows[0]["title"], rows[0]["copies"], rows[0]["share"]), ("livre-1896", 11, 4.3))

    def test_a_miss_asks_the_base_once_and_a_hit_does_not(self) -> None:
        database = Database()
        self.addCleanup(database.close)

        @cached(self.client, self.name, 60_000)
        def best_sellers(city: int, days: int) -> list:
            return database.ask(BEST_SELLERS, city, days)

        self.assertEqual(best_sellers(1, 90), best_sellers(1, 90))
        self.assertEqual(database.queries, 1)
        best_sellers(2, 90)
        self.assertEqual(database.queries, 2)

    def test_zero_and_empty_are_results(self) -> None:
        for rank, value in enumerate((0, False, [], "", None)):
            loads = []

            @cached(self.client, f"{self.name}-{rank}", 60_000)
            def load() -> object:
                loads.append(1)
                return value

            self.assertEqual((load(), load()), (value, value))
            self.assertEqual(len(loads), 1, repr(value))

    def test_redis_absent_the_base_answers(self) -> None:
        absent = Redis(port=1)

        @cached(absent, self.name, 60_000)
        def load() -> str:
            return "la base"

        self.assertEqual(load(), "la base")

    def test_names(self) -> None:
        self.assertEqual(key_of("p", city=1, days=90), key_of("p", days=90, city=1))
        self.assertNotEqual(key_of("p", a="1&b=2"), key_of("p", a="1", b="2"))


if __name__ == "__main__":
    unittest.main()
