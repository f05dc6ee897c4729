"""The control channel: requests in, frames out, one JSON object a line on descriptor 3.

A request must be seen while the learner's code runs, even in C code that keeps the interpreter's lock
(a regular expression). So the kernel of the system sends SIGIO when something arrives, and its handler
reads; no thread could, it would wait for the lock.
"""

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import threading
from collections import deque
from types import FrameType
from typing import Any, Callable

from .failure import is_theirs

CONTROL = 3
# Time of the processor, for code that works: the machine may starve it. Time of the clock, for code that waits.
AGAIN_WORKING_SECONDS = 0.05
AGAIN_WAITING_SECONDS = 0.15
GENTLE_ATTEMPTS = 4

Frame = dict[str, Any]


class Channel:
    def __init__(self) -> None:
        self._socket = socket.socket(fileno=CONTROL)
        self._socket.setblocking(True)
        self._rest = b""
        self._inbox: deque[Frame] = deque()
        self._lock = threading.RLock()
        self._reading = False
        self._sending = False
        self._running: str | None = None
        self._asked: str | None = None
        # How to stop the running code without raising in the middle of it, if there is a way; it is to
        # call `answered` when it has been tried.
        self.gently: Callable[[], Any] | None = None
        self._answered = False
        self._attempts = 0

    def listen(self) -> None:
        """From now on a request is read as soon as it arrives."""
        signal.signal(signal.SIGIO, lambda *_: self._arrived())
        for again in (signal.SIGALRM, signal.SIGPROF):
            signal.signal(again, lambda _, frame: self._insist(frame))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        fcntl.fcntl(CONTROL, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(CONTROL, fcntl.F_GETFL)
        fcntl.fcntl(CONTROL, fcntl.F_SETFL, flags | os.O_ASYNC)

    def send(self, frame: Frame) -> None:
        """Writes one frame whole: an interruption waits until its last byte has left."""
        line = json.dumps(frame, ensure_ascii=False, separators=(",", ":"), default=repr)
        data = line.encode("utf-8", "replace") + b"\n"
        with self._lock:
            mine = threading.current_thread() is threading.main_thread()
            self._sending = self._sending or mine
            try:
                self._socket.sendall(data)
            finally:
                if mine:
                    self._sending = False

    async def next(self) -> Frame:
        """The next request; tasks that cells have left behind go on meanwhile."""
        loop = asyncio.get_running_loop()
        while not self._inbox:
            arrived = loop.create_future()
            loop.add_reader(CONTROL, lambda: arrived.done() or arrived.set_result(None))
            try:
                await arrived
            finally:
                loop.remove_reader(CONTROL)
            self._read()
        return self._inbox.popleft()

    def interruptible(self, run: str, act: Callable[[], Any]) -> Any:
        """Calls `act`; an interruption of this run raises KeyboardInterrupt in it, again and again."""
        self._running = run
        try:
            self._arrived()
            return act()
        finally:
            self.settle()

    def settle(self) -> None:
        """Ends the time in which interruptions are raised; one may come on the way to here."""
        while self._running is not None:
            try:
                self._running = None
                self._again(0, 0)
                sys.settrace(None)
            except KeyboardInterrupt:
                self._running = "settling"

    @property
    def is_interrupted(self) -> bool:
        return self._running is not None and self._asked == self._running

    def _arrived(self) -> None:
        if self._running is None:
            return
        self._read()
        if self.is_interrupted:
            self._again(AGAIN_WORKING_SECONDS, AGAIN_WAITING_SECONDS)
            self._attempts = 0
            self._answered = False
            if self.gently:
                self.gently()
            else:
                self._raise()

    def answered(self) -> None:
        """Says that the running code is not stuck: it has been asked to stop."""
        self._answered = True

    def _again(self, working: float, waiting: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, working, working)
        signal.setitimer(signal.ITIMER_REAL, waiting, waiting)

    def _insist(self, frame: FrameType | None) -> None:
        """Raises in code that catches everything: where it is now, then on the line that caught it."""
        if not self.is_interrupted:
            return
        # An exception in the middle of an event loop would lose what it was about to do for others.
        is_alive = self.gently is not None and self._answered
        if self.gently and is_alive and self._attempts < GENTLE_ATTEMPTS:
            self._attempts += 1
            self._answered = False
            return self.gently()
        sys.settrace(self._trace)
        while frame is not None:
            frame.f_trace = self._trace
            frame = frame.f_back
        if not is_alive:
            self._raise()

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and is_theirs(frame.f_code):
            self._raise()
        return self._trace

    def _raise(self) -> None:
        if self.is_interrupted and not self._sending:
            raise KeyboardInterrupt

    def _read(self) -> None:
        if self._reading:
            return
        self._reading = True
        try:
            while True:
                try:
                    data = self._socket.recv(65536, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    return
                if not data:
                    os._exit(0)
                *lines, self._rest = (self._rest + data).split(b"\n")
                for line in lines:
                    self._receive(json.loads(line))
        finally:
            self._reading = False

    def _receive(self, request: Frame) -> None:
        if request["type"] == "interrupt":
            self._asked = request["id"]
        else:
            self._inbox.append(request)
