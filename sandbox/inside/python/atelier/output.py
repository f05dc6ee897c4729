"""The standard streams of a learner's code: text that knows the cell it comes from."""

import io
import sys
from typing import Callable

PIECE = 32 * 1024

Say = Callable[[str, str], None]


class Stream(io.TextIOBase):
    """Line-buffered, as a terminal would be."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, descriptor: int, say: Say) -> None:
        self.name = f"<{name}>"
        self._stream = name
        self._descriptor = descriptor
        self._say = say
        self._pending = ""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._pending += text
        if "\n" in text or len(self._pending) > PIECE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text, self._pending = self._pending, ""
        for start in range(0, len(text), PIECE):
            self._say(self._stream, text[start : start + PIECE])


def redirect_output(say: Say) -> None:
    """Replaces sys.stdout and sys.stderr."""
    sys.stdout = sys.__stdout__ = Stream("stdout", 1, say)
    sys.stderr = sys.__stderr__ = Stream("stderr", 2, say)


def flush_output() -> None:
    """Lets a line that was not ended leave, whatever a cell has made of the streams."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except Exception:
            continue
