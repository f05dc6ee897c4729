import threading
import unittest
import uuid

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from basic import Canteen, connect
from failure import CallFailed, failure_of
from relay import Relay
from twin import Twin, until


class BasicTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.twin = Twin()
        cls.addClassCleanup(cls.twin.stop)

    def canteen(self, url: str | None = None) -> Canteen:
        redis = connect(url or self.twin.url, 0.5, 0.2)
        self.addCleanup(redis.connection_pool.disconnect)
        return Canteen(redis)

    def card(self, cents: int = 1000) -> str:
        name = f"essai-{uuid.uuid4().hex[:8]}"
        self.twin.admin.set(f"carte:{{{name}}}", cents)
        return name

    def fails(self, failure: str, action, *args: object) -> None:
        with self.assertRaises(CallFailed) as caught:
            action(*args)
        self.assertEqual(caught.exception.failure, failure)

    def test_a_calm_server(self) -> None:
        canteen, name = self.canteen(), self.card(450)
        self.assertEqual(canteen.debit(name, 450), 0)
        self.assertEqual(canteen.balance(name), 0)  # un solde de zéro n'est pas une carte absente
        self.assertIsNone(canteen.balance("personne"))
        self.assertIsNone(canteen.menu("jamais"))
        self.twin.admin.hset("menu:lundi", mapping={"plat": "Gratin"})
        self.assertEqual(canteen.menu("lundi"), {"plat": "Gratin"})

    def test_nobody_listens(self) -> None:
        self.fails("unreachable", self.canteen("redis://127.0.0.1:1").balance, "x")

    def test_cut_after_redis_executed(self) -> None:
        relay = Relay(self.twin.url)
        self.addCleanup(relay.stop)
        canteen, name = self.canteen(relay.url), self.card()
        canteen.balance(name)
        relay.cuts = 1
        self.fails("lost", canteen.debit, name, 450)
        self.assertEqual(canteen.balance(name), 550)

    def test_frozen_then_executed(self) -> None:
        canteen, name = self.canteen(), self.card()
        canteen.balance(name)
        self.twin.freeze()
        try:
            self.fails("timeout", canteen.debit, name, 450)
        finally:
            self.twin.thaw()
        until(lambda: self.twin.admin.get(f"carte:{{{name}}}") == "550")

    def test_replica_and_full_refuse_writes_and_serve_reads(self) -> None:
        canteen, admin = self.canteen(), self.twin.admin
        admin.replicaof("127.0.0.1", 1)
        try:
            canteen.menu("lundi")
            self.fails("readonly", canteen.debit, "x", 1)
        finally:
            admin.replicaof("no", "one")
        admin.config_set("maxmemory", "1")
        try:
            canteen.menu("lundi")
            self.fails("full", canteen.debit, "x", 1)
        finally:
            admin.config_set("maxmemory", "0")

    def test_denied(self) -> None:
        admin = self.twin.admin
        admin.execute_command("ACL", "SETUSER", "lecteur", "on", ">secret", "~*", "+@read", "+@connection")
        address = self.twin.url.removeprefix("redis://")
        self.fails("denied", self.canteen(f"redis://lecteur:secret@{address}").debit, "x", 1)
        self.fails("denied", self.canteen(f"redis://lecteur:faux@{address}").balance, "x")
        admin.config_set("requirepass", "secret")
        try:
            self.fails("denied", self.canteen().balance, "x")
        finally:
            with Redis(port=self.twin.port, password="secret") as known:
                known.config_set("requirepass", "")

    def test_busy(self) -> None:
        canteen, admin = self.canteen(), self.twin.admin
        admin.config_set("busy-reply-threshold", "50")

        def endless() -> None:
            with Redis(port=self.twin.port, socket_timeout=None) as runner:
                try:
                    runner.eval("while true do end", 0)
                except RedisError:
                    pass

        running = threading.Thread(target=endless)
        running.start()

        def busy() -> bool:
            try:
                canteen.balance("x")
            except CallFailed as error:
                self.assertIn(error.failure, ("busy", "timeout"))
                return error.failure == "busy"
            return False

        try:
            until(busy)
        finally:
            admin.script_kill()
            running.join()

    def test_a_mistake_of_ours_stays_what_it_is(self) -> None:
        self.twin.admin.rpush("carte:{liste}", "x")
        with self.assertRaises(ResponseError) as caught:
            self.canteen().debit("liste", 1)
        self.assertEqual(failure_of(caught.exception), "defect")
