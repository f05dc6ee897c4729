"""A learner's answer to a lab: a module whose functions are called by name."""

import asyncio
import contextvars
import inspect
import json
import sys
from types import ModuleType
from typing import Any

from .cell import remember
from .channel import Channel
from .failure import failure_of, register
from .output import flush_output

# The id that answers a `load` which raised.
LOAD = "load"
LARGEST = 256 * 1024


class Answer:
    def __init__(self, channel: Channel, loop: asyncio.AbstractEventLoop) -> None:
        self._channel = channel
        self._loop = loop
        self._module = ModuleType("answer")
        self._name = "answer"
        self._calls: set[asyncio.Task] = set()
        self._current: contextvars.ContextVar[str | None] = contextvars.ContextVar("call", default=None)
        self._last: str | None = None

    @property
    def current(self) -> str | None:
        """The call that the current code belongs to."""
        return self._current.get() or self._last

    def load(self, source: str, name: str) -> None:
        """Runs the module; its handlers are the functions it defines, underscores aside."""
        self._name = name
        self._last = LOAD
        register(name)
        remember(source, name)
        sys.modules["answer"] = self._module
        asyncio.set_event_loop(self._loop)
        try:
            exec(compile(source, name, "exec", dont_inherit=True), self._module.__dict__)
            self._channel.send({"type": "loaded", "handlers": list(self._handlers())})
        except BaseException as error:
            self._fail(LOAD, error)
        finally:
            flush_output()

    def call(self, call: str, op: str, args: list[Any]) -> None:
        """Calls a handler; those that are coroutines go on side by side."""
        self._last = call
        context = contextvars.copy_context()
        context.run(self._current.set, call)
        try:
            handler = self._handlers().get(op)
            if handler is None:
                raise TypeError(f"{op} is not a function of the answer")
            value = context.run(handler, *args)
            if inspect.isawaitable(value):
                task = context.run(self._loop.create_task, self._await(call, value))
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)
            else:
                self._reply(call, value)
        except BaseException as error:
            self._fail(call, error)
        finally:
            flush_output()

    async def _await(self, call: str, value: Any) -> None:
        try:
            self._reply(call, await value)
        except BaseException as error:
            self._fail(call, error)
        finally:
            flush_output()

    def _handlers(self) -> dict[str, Any]:
        names = self._module.__dict__.items()
        return {
            name: each
            for name, each in names
            if not name.startswith("_") and inspect.isroutine(each) and each.__module__ == self._module.__name__
        }

    def _reply(self, call: str, value: Any) -> None:
        text = json.dumps(value, allow_nan=False, default=_not_json)
        if len(text) > LARGEST:
            raise ValueError(f"The result is {len(text)} characters of JSON; at most {LARGEST} are taken")
        flush_output()
        self._channel.send({"type": "result", "id": call, "value": json.loads(text)})

    def _fail(self, call: str, error: BaseException) -> None:
        flush_output()
        self._channel.send({"type": "threw", "id": call, "error": failure_of(error, self._name)})


def _not_json(value: Any) -> Any:
    advice = "; decode it, or make the client with decode_responses=True" if isinstance(value, bytes) else ""
    raise TypeError(f"A result must be JSON, not {type(value).__name__}{advice}")
