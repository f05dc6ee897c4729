import time
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from advanced import Lifetimes, SessionStore, named, new_token, parse_token
from twin import URL

VISITOR = {"user": None, "device": {"name": "Essai", "address": "192.0.2.1"}, "prefs": {}, "cart": {}, "recent": []}


def someone() -> str:
    return f"essai-{uuid.uuid4().hex[:12]}"


class AdvancedTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Redis.from_url(URL, decode_responses=True)
        self.addCleanup(self.client.close)
        self.store = SessionStore(self.client)

    def test_redis_never_sees_the_secret(self) -> None:
        owner = someone()
        secret = self.store.open(owner, VISITOR).split(".")[1]
        self.assertEqual(self.client.keys(f"*{secret}*"), [])
        self.assertNotIn(secret, self.client.zrange(f"sessions:{{{owner}}}", 0, -1))

    def test_a_cookie_that_is_no_token(self) -> None:
        for cookie in ("", "a", "a.b", "é." + "b" * 22, "}{." + "b" * 22, "a." + "b" * 22 + "\n"):
            self.assertIsNone(parse_token(cookie), cookie)
            self.assertIsNone(self.store.touch(cookie))
        self.assertIsNone(self.store.touch(new_token(someone())))

    def test_slides_up_to_the_deadline(self) -> None:
        store = SessionStore(self.client, Lifetimes(idle_ms=1500, lifetime_ms=3000, step_ms=0))
        token, opened, alive = store.open(someone(), VISITOR), time.monotonic(), 0.0
        while store.touch(token) is not None:
            alive = time.monotonic() - opened
            self.assertLess(alive, 10)
            time.sleep(0.05)
        self.assertGreater(alive, 1.6)
        self.assertLessEqual(alive, 3.1)

    def test_the_expiry_is_rewritten_once_a_step(self) -> None:
        store = SessionStore(self.client, Lifetimes(idle_ms=60_000, step_ms=10_000))
        token = store.open(someone(), VISITOR)
        key = named(token).document
        self.client.pexpire(key, 55_000)
        store.touch(token)
        self.assertLessEqual(self.client.pttl(key), 55_000)
        self.client.pexpire(key, 45_000)
        store.touch(token)
        self.assertGreater(self.client.pttl(key), 55_000)

    def test_nothing_resurrects(self) -> None:
        owner = someone()
        token = self.store.open(owner, VISITOR)
        self.client.delete(named(token).document)
        self.assertIsNone(self.store.add_to_cart(token, "livre-1", 1))
        self.assertFalse(self.store.set_preference(token, "theme", "clair"))
        self.assertIsNone(self.store.touch(token))
        self.assertIsNone(self.store.rotate(token))
        self.assertEqual(self.store.devices(owner), [])
        self.assertEqual(self.client.exists(named(token).document, named(token).index), 0)

    def test_logging_in_renames_and_keeps_the_cart(self) -> None:
        owner, planted = someone(), self.store.open(someone(), VISITOR)
        self.store.add_to_cart(planted, "livre-1", 2)
        token = self.store.login(planted, owner)
        self.assertIsNone(self.store.touch(planted))
        self.assertEqual(self.store.touch(token), {**VISITOR, "user": owner, "cart": {"livre-1": 2}})
        self.assertIsNone(self.store.login(planted, owner))

    def test_rotating_keeps_both_deadlines(self) -> None:
        owner = someone()
        token = self.store.open(owner, VISITOR)
        self.client.pexpire(named(token).document, 100_000)
        deadline = self.client.zscore(named(token).index, named(token).id)
        renewed = self.store.rotate(token)
        self.assertLessEqual(self.client.pttl(named(renewed).document), 100_000)
        self.assertEqual(self.client.zscore(named(renewed).index, named(renewed).id), deadline)
        self.assertGreater(self.client.pttl(named(renewed).index), 0)
        self.assertIsNone(self.store.touch(token))

    def test_closing_everywhere_but_here(self) -> None:
        owner = someone()
        tokens = [self.store.open(owner, VISITOR) for _ in range(3)]
        bystander = self.store.open(someone(), VISITOR)
        self.assertEqual(self.store.close_all(owner, tokens[1]), 2)
        self.assertEqual([self.store.touch(token) for token in tokens], [None, VISITOR, None])
        self.assertEqual(self.store.touch(bystander), VISITOR)
        self.assertEqual(self.store.close_all(owner), 1)
        self.assertIsNone(self.store.touch(tokens[1]))

    def test_no_rotation_outlives_closing(self) -> None:
        with ThreadPoolExecutor(2) as two:
            for _ in range(30):
                owner = someone()
                token = self.store.open(owner, VISITOR)
                closing, rotating = two.submit(self.store.close_all, owner), two.submit(self.store.rotate, token)
                closing.result()
                renewed = rotating.result()
                self.assertIsNone(self.store.touch(token))
                self.assertIsNone(renewed and self.store.touch(renewed))

    def test_an_account_keeps_its_newest(self) -> None:
        store, owner, tokens = SessionStore(self.client, Lifetimes(per_owner=3)), someone(), []
        for _ in range(5):
            tokens.append(store.open(owner, VISITOR))
            time.sleep(0.003)
        self.assertEqual([store.touch(token) is not None for token in tokens], [False, False, True, True, True])

    def test_devices_and_forgotten_scripts(self) -> None:
        owner = someone()
        self.store.open(owner, {**VISITOR, "device": {"name": "Téléphone", "address": "192.0.2.9"}})
        self.client.script_flush()
        (device,) = self.store.devices(owner)
        self.assertEqual(device["name"], "Téléphone")
        self.assertGreater(device["expires_in_ms"], 29 * 60_000)
        self.assertEqual(self.store.close_all(owner), 1)


if __name__ == "__main__":
    unittest.main()
