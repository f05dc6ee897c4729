"""Pour les essais : un Redis jumeau de celui de REDIS_URL, que l'on peut tuer, geler, rétrograder et remplir."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError

URL = os.environ.get("REDIS_URL", "redis://localhost:6379")


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Attend qu'une condition soit vraie."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the awaited condition never came"
        time.sleep(0.01)


class Twin:
    """Le même programme, avec les mêmes modules, que le serveur de REDIS_URL ; il n'est qu'à nous."""

    def __init__(self) -> None:
        with Redis.from_url(URL, decode_responses=True) as model:
            self._program = model.info("server").get("executable") or "redis-server"
            self._modules = [module["path"] for module in model.module_list()]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.folder = tempfile.mkdtemp(prefix="cache-")
        self.admin = Redis(port=self.port, decode_responses=True)
        self.start()

    def start(self) -> None:
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        for path in self._modules:
            command += ["--loadmodule", path]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._answers)

    def _answers(self) -> bool:
        try:
            return bool(self.admin.ping())
        except RedisError:
            return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.admin.close()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
