"""Tasks that can be left for good, whatever their coroutine catches."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


class LeavableTask(asyncio.Task):
    """A task as asyncio's own, which `leave` ends even when its coroutine swallows the cancellation."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], **options: Any) -> None:
        self._steps = _Steps(coroutine)
        super().__init__(_awaited(self._steps), **options)

    def leave(self) -> None:
        """Never resumes the coroutine, not even to close it, which it could catch as well."""
        _left.append(self._steps)
        self._steps.is_left = True
        self.cancel()


_left: list["_Steps"] = []


class _Steps:
    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.is_left = False
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        coroutine = self._coroutine
        sent, thrown = None, None
        while not self.is_left:
            try:
                awaited = coroutine.send(sent) if thrown is None else coroutine.throw(thrown)
            except StopIteration as end:
                return end.value
            try:
                sent, thrown = (yield awaited), None
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as error:
                sent, thrown = None, error
        raise asyncio.CancelledError


async def _awaited(steps: _Steps) -> Any:
    return await steps


def leavable(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any) -> LeavableTask:
    """What a loop makes its tasks with (`set_task_factory`)."""
    return LeavableTask(coroutine, loop=loop, **options)
