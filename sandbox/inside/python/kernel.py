"""The Python kernel: the one process in which a learner's cells run, or an answer to a lab.

Theory of operation. Before anything else the Redis port is opened and handed to the host (opener.py);
then a whole cell is rehearsed; then the kernel says `ready`. One thread does everything: between two
requests it runs the event loop, so that tasks which cells have left behind go on. Requests that come
while a cell runs are read in a signal handler (channel.py), which is how a cell is interrupted. What
the kernel says may be the learner's own words: the host trusts none of it.
"""

import asyncio
import gc
import sys
from typing import Any

from atelier.answer import LOAD, Answer
from atelier.channel import Channel, Frame
from atelier.failure import trace_of
from atelier.notebook import Notebook
from atelier.opener import hand_over_redis_ports
from atelier.topology import DESK_PORT, give_topology
from atelier.output import redirect_output
from atelier.rehearsal import rehearse
from atelier.show import Show


class Kernel:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._channel = Channel()
        self._notebook = Notebook(self._channel, self._loop, Show(self._show))
        self._answer = Answer(self._channel, self._loop)
        redirect_output(self._say)
        self._loop.set_exception_handler(lambda _, context: self._lost(context))

    def prepare(self) -> None:
        """Rehearses a cell whose frames nobody sees."""
        frames: list[Frame] = []
        send, self._channel.send = self._channel.send, frames.append
        rehearse(lambda source: self._notebook.run("rehearsal", source, "rehearsal"))
        self._channel.send = send
        if frames[-1]["type"] != "done":
            raise RuntimeError(f"The rehearsal failed: {frames[-1]}")
        self._notebook.forget()
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Answers requests for ever."""
        self._channel.listen()
        self._channel.send({"type": "ready"})
        while True:
            request = self._next()
            if request["type"] == "run":
                self._notebook.run(request["id"], request["code"], request["name"])
            elif request["type"] == "load":
                self._answer.load(request["code"], request["name"])
            elif request["type"] == "call":
                self._answer.call(request["id"], request["op"], request["args"])

    def _next(self) -> Frame:
        """The next request; a task that an interruption or sys.exit() has ended ends nothing else."""
        waiting = self._loop.create_task(self._channel.next())
        while not waiting.done():
            try:
                self._loop.run_until_complete(waiting)
            except (KeyboardInterrupt, SystemExit):
                continue
        return waiting.result()

    @property
    def _speaker(self) -> str:
        return self._answer.current or self._notebook.current or LOAD

    def _say(self, stream: str, text: str) -> None:
        self._channel.send({"type": "output", "id": self._speaker, "stream": stream, "text": text})

    def _show(self, item: dict[str, Any]) -> None:
        self._channel.send({"type": "display", "id": self._speaker, "item": item})

    def _lost(self, context: dict[str, Any]) -> None:
        """An error of a task that nobody awaits."""
        error = context.get("exception")
        self._say("stderr", f"{trace_of(error) if error else context['message']}\n")


if DESK_PORT in hand_over_redis_ports():
    give_topology()
kernel = Kernel()
kernel.prepare()
# What a learner's code imports is their own files, as at home; never the kernel's.
sys.path[0] = "/tmp"
kernel.serve()
