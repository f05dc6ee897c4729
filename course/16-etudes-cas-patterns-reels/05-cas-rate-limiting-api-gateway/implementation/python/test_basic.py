import os
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

import redis

from basic import check

URL = os.environ.get("REDIS_URL", "redis://localhost:6379")


class FixedWindow(unittest.TestCase):
    def setUp(self):
        self.redis = redis.Redis.from_url(URL)
        self.addCleanup(self.redis.close)
        self.client = str(uuid.uuid4())

    def test_eight_threads_admit_exactly_the_limit(self):
        with ThreadPoolExecutor(8) as pool:
            decisions = list(pool.map(lambda _: check(self.redis, self.client, 10, 60_000), range(50)))
        self.assertEqual(sum(decision.admitted for decision in decisions), 10)
        refused = [decision for decision in decisions if not decision.admitted]
        self.assertTrue(all(0 < decision.wait_ms <= 60_000 for decision in refused))

    def test_the_expiry_is_set_once(self):
        check(self.redis, self.client, 5, 60_000)
        self.redis.pexpire(f"rl:{{{self.client}}}", 30_000)
        check(self.redis, self.client, 5, 60_000)
        self.assertLessEqual(self.redis.pttl(f"rl:{{{self.client}}}"), 30_000)


if __name__ == "__main__":
    unittest.main()
