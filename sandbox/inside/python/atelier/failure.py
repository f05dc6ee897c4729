"""What is said of anything a learner's code raises, in the learner's own lines."""

import errno
import linecache
import re
from itertools import islice
from types import CodeType, TracebackType
from typing import Any

from .value import text_of

CODES = {
    "AuthenticationError": "NOAUTH",
    "BusyLoadingError": "LOADING",
    "ExecAbortError": "EXECABORT",
    "NoPermissionError": "NOPERM",
    "NoScriptError": "NOSCRIPT",
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
}

# The names of cells and of answers, as their code objects have them.
_names: set[str] = set()


def register(name: str) -> None:
    """Makes lines of code of this file name the learner's."""
    _names.add(name)


def is_theirs(code: CodeType) -> bool:
    """Whether this is code of the learner's."""
    return code.co_filename in _names


def failure_of(error: BaseException, running: str) -> dict[str, Any]:
    """The error as a CodeError; `running` is the name of the cell that ran."""
    if isinstance(error, SyntaxError) and error.filename in _names:
        frames, place = [], _place_of_syntax(error)
    else:
        frames = [_frame(*each, running) for each in _theirs(error.__traceback__)]
        place = {key: frames[0][key] for key in ("line", "column", "cell") if key in frames[0]} if frames else {}
    failure = {"name": type(error).__name__[:200], "message": _message(error), **place, "stack": frames[:20]}
    code = _code(error)
    return {**failure, "code": code} if code else failure


def trace_of(error: BaseException) -> str:
    """The error as Python prints it, without the lines that are not the learner's."""
    lines = ["Traceback (most recent call last):"]
    for name, function, line, _ in reversed(list(_theirs(error.__traceback__))):
        lines.append(f'  File "{name}", line {line}, in {function or "<module>"}')
    return "\n".join([*lines, f"{type(error).__name__}: {_message(error)}"])


def _theirs(trace: TracebackType | None) -> list[tuple[str, str, int, int]]:
    """The learner's frames of a trace, innermost first: file, function, line, column."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_theirs(code):
            where = "" if code.co_name == "<module>" else code.co_name
            found.append((code.co_filename, where, trace.tb_lineno, _column(trace)))
        trace = trace.tb_next
    return found[::-1]


def _column(trace: TracebackType) -> int:
    code = trace.tb_frame.f_code
    position = next(islice(code.co_positions(), trace.tb_lasti // 2, None), None)
    start = position[2] if position else None
    # Python counts bytes, people count characters.
    line = linecache.getline(code.co_filename, trace.tb_lineno).encode()
    return len(line[: start or 0].decode(errors="ignore")) + 1


def _frame(name: str, where: str, line: int, column: int, running: str) -> dict[str, Any]:
    frame: dict[str, Any] = {"where": where[:200], "line": line, "column": column}
    return frame if name == running else {**frame, "cell": name}


def _place_of_syntax(error: SyntaxError) -> dict[str, int]:
    return {} if error.lineno is None else {"line": error.lineno, "column": max(1, error.offset or 1)}


def _message(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        return "[unreadable]"
    cause = error.__cause__
    after = "" if cause is None else f"\n[cause] {type(cause).__name__}: {text_of(cause, 500)}"
    return str(text)[:20_000] + after


def _code(error: BaseException) -> str | None:
    """The reply code of a Redis error, or the name of a socket's error."""
    if isinstance(error, SystemExit):
        return "PROCESS_EXIT"
    if type(error).__module__.startswith("redis."):
        known = CODES.get(type(error).__name__)
        if known or type(error).__name__ == "ResponseError":
            word = re.match(r"[A-Z][A-Z0-9_]+(?= )", str(error))
            return known or (word[0] if word else "ERR")
    if type(error).__module__ == "atelier.topology":
        return getattr(error, "code", None)
    current: BaseException | None = error
    for _ in range(5):
        if isinstance(current, OSError) and current.errno in errno.errorcode:
            return errno.errorcode[current.errno]
        current = current and (current.__cause__ or current.__context__)
    return None
