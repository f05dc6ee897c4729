import json
import threading
import time
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from advanced import Ages, QueryCache, Recipe
from sales import BEST_SELLERS, SELL, Database
from twin import URL, until


class AdvancedTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Redis.from_url(URL, decode_responses=True)
        self.addCleanup(self.client.close)
        self.name = str(uuid.uuid4())
        self.loads = 0

    def cache(self, **ages: float) -> QueryCache:
        cache = QueryCache(self.client, Ages(**ages))
        self.addCleanup(cache._pool.shutdown)
        return cache

    def recipe(self, value: object = 1) -> Recipe:
        def load() -> object:
            self.loads += 1
            return value

        return Recipe(f"q:{self.name}", (f"t:{self.name}",), load)

    def test_computed_once_then_fresh(self) -> None:
        self.assertEqual(self.cache().get(self.recipe()).origin, "computed")
        self.assertEqual(self.cache().get(self.recipe()).origin, "fresh")
        self.assertEqual(self.loads, 1)
        for key in self.client.keys(f"*{self.name}*"):
            self.assertGreater(self.client.pttl(key), 0, key)

    def test_fifty_callers_on_two_servers_one_computation(self) -> None:
        database = Database()
        self.addCleanup(database.close)
        caches = [self.cache(), self.cache()]
        recipe = Recipe(f"q:{self.name}", (self.name,), lambda: database.ask(BEST_SELLERS, 2, 365))
        with ThreadPoolExecutor(50) as callers:
            found = list(callers.map(lambda n: caches[n % 2].get(recipe), range(50)))
        self.assertEqual(database.queries, 1)
        self.assertTrue(all(one.value == found[0].value for one in found))

    def test_a_sale_during_the_computation_is_not_hidden(self) -> None:
        database = Database()
        self.addCleanup(database.close)
        reading, passed = threading.Event(), threading.Event()

        def total() -> list:
            return database.ask("SELECT sum(quantity) AS copies FROM sales WHERE city = 3")

        def slow() -> list:
            rows = total()
            reading.set()
            passed.wait(20)
            return rows

        cache = self.cache()
        late = threading.Thread(target=lambda: cache.get(Recipe(f"q:{self.name}", (self.name,), slow)))
        late.start()
        self.assertTrue(reading.wait(20))
        database.ask(SELL, 7, 3, 1)
        cache.invalidate(self.name)
        passed.set()
        late.join()
        found = self.cache().get(Recipe(f"q:{self.name}", (self.name,), total))
        self.assertEqual((found.value, found.origin), (total(), "computed"))

    def test_past_its_freshness_served_at_once_and_renewed_behind(self) -> None:
        cache = self.cache(fresh=0.001)
        cache.get(self.recipe(1))
        time.sleep(0.01)
        found = cache.get(self.recipe(2))
        self.assertEqual((found.value, found.origin), (1, "stale"))
        until(lambda: json.loads(self.client.get(f"q:{self.name}"))["v"] == 2)

    def test_a_dead_computation_is_waited_for_but_not_for_ever(self) -> None:
        self.client.set(f"lock:q:{self.name}", "un mort", px=60_000)
        self.assertEqual(self.cache(wait=0.06).get(self.recipe()).origin, "computed")
        self.client.unlink(f"lock:q:{self.name}")

    def test_a_failure_of_the_base_frees_the_lock(self) -> None:
        def broken() -> None:
            raise ValueError("base en panne")

        with self.assertRaises(ValueError):
            self.cache().get(Recipe(f"q:{self.name}", (), broken))
        self.assertEqual(self.client.exists(f"lock:q:{self.name}", f"q:{self.name}"), 0)

    def test_an_evicted_tag_costs_a_computation_and_never_lies(self) -> None:
        cache = self.cache()
        cache.get(self.recipe(1))
        self.client.unlink(f"tag:t:{self.name}")
        self.assertEqual(cache.get(self.recipe(2)).value, 2)

    def test_warming_survives_a_failing_query(self) -> None:
        broken = Recipe(f"q:b:{self.name}", (), lambda: 1 // 0)
        self.assertEqual(self.cache().warm([broken, self.recipe()]), 1)


if __name__ == "__main__":
    unittest.main()
