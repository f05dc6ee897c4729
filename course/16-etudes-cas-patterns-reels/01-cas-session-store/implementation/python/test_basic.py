import unittest
from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from basic import add_to_cart, close, open_session, read
from twin import URL

VISITOR = {"user": None, "device": {"name": "Essai", "address": "192.0.2.1"}, "prefs": {}, "cart": {}, "recent": []}


class BasicTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Redis.from_url(URL, decode_responses=True)
        self.addCleanup(self.client.close)

    def test_read_back_and_expiry(self) -> None:
        name = open_session(self.client, VISITOR)
        self.client.pexpire(f"session:{name}", 60_000)
        self.assertEqual(read(self.client, name), VISITOR)
        self.assertGreater(self.client.pttl(f"session:{name}"), 29 * 60_000)

    def test_a_hundred_tabs_lose_no_book(self) -> None:
        name = open_session(self.client, VISITOR)
        with ThreadPoolExecutor(16) as tabs:
            list(tabs.map(lambda n: add_to_cart(self.client, name, f"livre-{n % 4}", 1), range(100)))
        self.assertEqual(read(self.client, name)["cart"], {f"livre-{n}": 25 for n in range(4)})

    def test_the_dead_stay_dead(self) -> None:
        name = open_session(self.client, VISITOR)
        close(self.client, name)
        self.assertIsNone(read(self.client, name))
        self.assertIsNone(add_to_cart(self.client, name, "livre-1", 1))
        self.assertEqual(self.client.exists(f"session:{name}"), 0)

    def test_a_reference_cannot_leave_its_brackets(self) -> None:
        name = open_session(self.client, VISITOR)
        with self.assertRaises(ValueError):
            add_to_cart(self.client, name, 'x"],$["user', 1)

    def test_both_protocols_and_undecoded_replies(self) -> None:
        for protocol in (2, 3):
            with Redis.from_url(URL, protocol=protocol) as client:
                name = open_session(client, VISITOR)
                self.assertEqual(add_to_cart(client, name, "livre-1", 3), 3)
                self.assertEqual(read(client, name)["cart"], {"livre-1": 3})


if __name__ == "__main__":
    unittest.main()
