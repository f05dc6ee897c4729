"""The cells of one learner, in one namespace and one event loop."""

import asyncio
import builtins
import contextvars
import inspect
import sys
from types import CodeType, ModuleType
from typing import Any

from .cell import Cell, to_cell
from .channel import Channel, Frame
from .connections import drop_connections
from .failure import failure_of
from .output import flush_output
from .task import LeavableTask, leavable
from .value import display_of, hint_of

CANCELLED_WITHIN = 0.2


class Notebook:
    def __init__(self, channel: Channel, loop: asyncio.AbstractEventLoop, show: Any) -> None:
        self._channel = channel
        self._loop = loop
        loop.set_task_factory(leavable)
        self._main = ModuleType("__main__")
        self._show = show
        self.forget()
        self._current: contextvars.ContextVar[str | None] = contextvars.ContextVar("run", default=None)
        self._last: str | None = None

    @property
    def current(self) -> str | None:
        """The run that the current code belongs to; the last one for a thread that has lost its way."""
        return self._current.get() or self._last

    def forget(self) -> None:
        """Empties the namespace of the cells."""
        names = self._main.__dict__
        names.clear()
        names.update(__name__="__main__", __doc__=None, __builtins__=builtins, display=self._show)
        self._last = None

    def run(self, run: str, source: str, name: str) -> None:
        """Runs one cell and sends its last frame."""
        self._last = run
        context = contextvars.copy_context()
        frame = context.run(self._run, run, source, name)
        self._channel.send(frame)

    def _run(self, run: str, source: str, name: str) -> Frame:
        self._current.set(run)
        # A cell may have replaced them: asyncio.run() leaves no loop behind.
        sys.modules["__main__"] = self._main
        asyncio.set_event_loop(self._loop)
        try:
            cell = to_cell(source, name)
            value = self._channel.interruptible(run, lambda: self._execute(cell))
            flush_output()
            return {"type": "done", "id": run, **shown(value), "declares": cell.declares, "reads": cell.reads}
        except KeyboardInterrupt:
            self._channel.settle()
            drop_connections()
            return {"type": "interrupted", "id": run}
        except BaseException as error:
            return {"type": "failed", "id": run, "error": failure_of(error, name)}
        finally:
            flush_output()

    def _execute(self, cell: Cell) -> Any:
        self._evaluate(cell.statements)
        return self._evaluate(cell.last) if cell.last else None

    def _evaluate(self, code: CodeType) -> Any:
        value = eval(code, self._main.__dict__)
        return self.complete(value) if code.co_flags & inspect.CO_COROUTINE else value

    def complete(self, coroutine: Any) -> Any:
        """Runs a coroutine to its end; an interruption leaves nothing of it in the loop."""
        others = asyncio.all_tasks(self._loop)
        task = self._loop.create_task(coroutine)

        def stop() -> None:
            self._channel.answered()
            task.cancel()

        self._channel.gently = lambda: self._loop.call_soon_threadsafe(stop)
        try:
            return self._loop.run_until_complete(task)
        except asyncio.CancelledError:
            if not self._channel.is_interrupted:
                raise
            self._cancel(asyncio.all_tasks(self._loop) - others)
            self._leave(others)
            raise KeyboardInterrupt from None
        except KeyboardInterrupt:
            self._leave(others)
            raise
        finally:
            self._channel.gently = None

    def _cancel(self, tasks: set[asyncio.Task]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=CANCELLED_WITHIN))

    def _leave(self, others: set[asyncio.Task]) -> None:
        """Ends what was not among the others for good: they have not listened. It may be interrupted again and again."""
        while tasks := asyncio.all_tasks(self._loop) - others:
            try:
                for task in tasks:
                    task.leave() if isinstance(task, LeavableTask) else task.cancel()
                self._loop.run_until_complete(asyncio.sleep(0))
            except KeyboardInterrupt:
                continue


def shown(value: Any) -> dict[str, Any]:
    """The value and the hint of a last expression."""
    if value is None:
        return {}
    hint = hint_of(value)
    if inspect.iscoroutine(value):
        value.close()
    return {"value": display_of(value), **({"hint": hint} if hint else {})}
