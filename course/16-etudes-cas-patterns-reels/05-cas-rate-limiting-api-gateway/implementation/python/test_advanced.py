import os
import time
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

import redis

from advanced import Bucket, Limiter, Window, http_answer
from basic import Decision

URL = os.environ.get("REDIS_URL", "redis://localhost:6379")
POLICIES = [
    Window(10, 60_000, "fixed-window"),
    Window(10, 60_000, "sliding-log"),
    Window(10, 3_600_000, "sliding-counter"),
    Bucket(10, 0.01),
]


class Algorithms(unittest.TestCase):
    def setUp(self):
        self.redis = redis.Redis.from_url(URL, decode_responses=True)
        self.addCleanup(self.redis.close)

    def test_each_admits_exactly_the_limit_and_its_key_expires(self):
        for policy in POLICIES:
            with self.subTest(policy.algorithm), ThreadPoolExecutor(8) as pool:
                client = str(uuid.uuid4())
                limiter = Limiter(self.redis, "test", policy)
                decisions = list(pool.map(lambda _: limiter.check(client), range(60)))
                remaining = sorted(decision.remaining for decision in decisions if decision.admitted)
                self.assertEqual(remaining, list(range(10)))
                self.assertGreater(self.redis.pttl(f"rl:{{{client}}}:test"), 0)

    def test_a_server_that_forgot_its_scripts_is_taught_again(self):
        for policy in POLICIES:
            with self.subTest(policy.algorithm):
                self.redis.script_flush()
                decision = Limiter(self.redis, "test", policy).check(str(uuid.uuid4()))
                self.assertEqual(decision, Decision(True, 9, 0))

    def test_the_announced_wait_is_enough(self):
        for policy in (Window(3, 250, "sliding-log"), Window(3, 250), Bucket(3, 12), Window(3, 250, "fixed-window")):
            with self.subTest(policy.algorithm):
                client = str(uuid.uuid4())
                limiter = Limiter(self.redis, "test", policy)
                decision = limiter.check(client)
                while decision.admitted:
                    decision = limiter.check(client)
                self.assertLessEqual(decision.wait_ms, 500)
                time.sleep((decision.wait_ms + 2) / 1000)
                self.assertTrue(limiter.check(client).admitted)

    def test_what_makes_no_sense_is_refused(self):
        for wrong in (lambda: Window(0, 1000), lambda: Window(5, 0), lambda: Bucket(0, 1), lambda: Bucket(5, 0)):
            self.assertRaises(ValueError, wrong)
        self.assertRaises(ValueError, Limiter(self.redis, "test", Bucket(5, 1)).check, "client", 6)

    def test_the_http_answer(self):
        policy = Bucket(20, 10)
        self.assertEqual(
            http_answer(Decision(False, 0, 1001), policy),
            (429, {"RateLimit-Policy": '"default";q=20;w=2', "RateLimit": '"default";r=0;t=2', "Retry-After": "2"}),
        )
        self.assertEqual(http_answer(Decision(True, 19, 0), policy)[1]["RateLimit"], '"default";r=19')


if __name__ == "__main__":
    unittest.main()
