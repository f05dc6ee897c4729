import io
import json
import threading
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

import structlog

from advanced import Ages, Recipe
from production import CacheUnavailable, ReliableCache, Settings, SourceOverloaded
from sales import BEST_SELLERS, SELL, Database
from twin import Twin, until


class ProductionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.twin, cls.database = Twin(), Database()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.twin.stop()
        cls.database.close()

    def setUp(self) -> None:
        self.lines = io.StringIO()
        self.addCleanup(self.twin.thaw)

    def cache(self, **settings: object) -> ReliableCache:
        chosen = {"command_timeout": 0.5, "backoff": 0.005, "owed_every": 0.05, "breaker_rest": 0.05, **settings}
        log = structlog.wrap_logger(structlog.PrintLogger(self.lines), [structlog.processors.JSONRenderer()])
        cache = ReliableCache(Settings(url=self.twin.url, **chosen), Ages(), log)
        self.addCleanup(cache.shutdown, 0.1)
        return cache

    def recipe(self, city: int = 1) -> Recipe:
        name = str(uuid.uuid4())
        return Recipe(f"q:{name}", (f"ville:{name}",), lambda: self.database.ask(BEST_SELLERS, city, 90))

    @staticmethod
    def value(cache: ReliableCache, series: str) -> float:
        for line in cache.metrics().decode().splitlines():
            if line.startswith(f"{series} "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def test_everything(self) -> None:
        cache, recipe = self.cache(), self.recipe()
        self.assertEqual([cache.serve(recipe).origin for _ in range(2)], ["computed", "fresh"])
        cache.invalidate(*recipe.tags)
        self.assertEqual(cache.serve(recipe).origin, "computed")
        line = json.loads(self.lines.getvalue().splitlines()[0])
        self.assertEqual((line["event"], line["origin"], line["key"]), ("serve", "computed", recipe.key))

    def test_redis_down(self) -> None:
        cache, known, unseen = self.cache(), self.recipe(), self.recipe(2)
        cache.serve(known)
        self.twin.kill()
        try:
            self.assertEqual(cache.serve(known).origin, "copy")
            self.assertEqual(cache.serve(unseen).origin, "bypass")
            self.assertEqual(self.value(cache, "cache_redis_up"), 0)
        finally:
            self.twin.start()
        until(lambda: cache.serve(known).origin == "computed")

    def test_the_base_is_not_drowned(self) -> None:
        cache = self.cache(sql_width=1, sql_queue=1)
        gate = threading.Event()
        self.twin.kill()
        try:
            def blocked(n: int) -> str:
                try:
                    return cache.serve(Recipe(f"q:{uuid.uuid4()}", (), lambda: gate.wait(20))).origin
                except SourceOverloaded:
                    return "refused"

            with ThreadPoolExecutor(6) as callers:
                answers = [callers.submit(blocked, n) for n in range(6)]
                until(lambda: sum(answer.done() for answer in answers) == 4)
                gate.set()
            self.assertEqual(sorted(answer.result() for answer in answers), ["bypass"] * 2 + ["refused"] * 4)
        finally:
            self.twin.start()

    def test_redis_frozen(self) -> None:
        cache, recipe = self.cache(command_timeout=0.06, breaker_rest=60), self.recipe()
        until(lambda: cache.serve(recipe).origin == "fresh")
        self.twin.freeze()

        def opened() -> bool:
            self.assertEqual(cache.serve(recipe).origin, "copy")
            return self.value(cache, "cache_breaker_state") == 2

        until(opened)
        self.assertGreater(self.value(cache, 'cache_retries_total{failure="timeout"}'), 0)

    def test_an_invalidation_is_owed_then_paid(self) -> None:
        cache, recipe = self.cache(command_timeout=0.06, invalidate_attempts=2), self.recipe(3)
        until(lambda: cache.serve(recipe).origin == "fresh")
        self.twin.freeze()
        self.database.ask(SELL, 1, 3, 1)
        with self.assertRaises(CacheUnavailable):
            cache.invalidate(*recipe.tags)
        self.assertEqual(cache.serve(recipe).origin, "bypass")
        self.assertEqual(self.value(cache, "cache_invalidations_owed"), 1)
        self.twin.thaw()
        until(lambda: self.value(cache, "cache_invalidations_owed") == 0)
        self.assertEqual(cache.serve(recipe).value, self.database.ask(BEST_SELLERS, 3, 90))

    def test_redis_read_only(self) -> None:
        cache, recipe, unseen = self.cache(invalidate_attempts=2), self.recipe(), self.recipe(4)
        cache.serve(recipe)
        self.twin.admin.replicaof("127.0.0.1", 1)
        try:
            self.assertEqual(cache.serve(recipe).origin, "fresh")
            self.assertEqual(cache.serve(unseen).origin, "bypass")
            with self.assertRaises(CacheUnavailable):
                cache.invalidate(*recipe.tags)
        finally:
            self.twin.admin.replicaof("NO", "ONE")
        until(lambda: self.value(cache, "cache_invalidations_owed") == 0)

    def test_redis_full(self) -> None:
        cache, recipe, unseen = self.cache(), self.recipe(), self.recipe(5)
        cache.serve(recipe)
        self.twin.admin.config_set("maxmemory", 1)
        try:
            self.assertEqual(cache.serve(recipe).origin, "fresh")
            self.assertEqual(cache.serve(unseen).origin, "bypass")
            cache.invalidate(*recipe.tags)
            self.assertNotEqual(cache.serve(recipe).origin, "fresh")
        finally:
            self.twin.admin.config_set("maxmemory", 0)

    def test_a_defect_is_thrown_and_opens_no_breaker(self) -> None:
        cache = self.cache()
        for _ in range(6):
            with self.assertRaises(ZeroDivisionError):
                cache.serve(Recipe(f"q:{uuid.uuid4()}", (), lambda: 1 // 0))
        self.assertEqual(self.value(cache, "cache_breaker_state"), 0)

    def test_shutdown(self) -> None:
        cache = self.cache()
        cache.serve(self.recipe())
        cache.shutdown()
        with self.assertRaises(CacheUnavailable):
            cache.serve(self.recipe())


if __name__ == "__main__":
    unittest.main()
