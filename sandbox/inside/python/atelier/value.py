"""What a cell shows of a value: text, a tree, or a table."""

import asyncio
import dataclasses
import inspect
import math
from itertools import islice
from typing import Any

ROWS = 1000
COLUMNS = 50
ITEMS = 100
NODES = 500
DEPTH = 8
TEXT = 20_000

Display = dict[str, Any]


def display_of(value: Any) -> Display:
    """A table for a list of flat dictionaries, a tree for what has parts, text otherwise."""
    if is_table(value):
        return table_of(value)
    tree = tree_of(value, (), [NODES])
    return {"kind": "tree", "tree": tree} if "children" in tree else {"kind": "text", "text": text_of(value)}


def hint_of(value: Any) -> str | None:
    """What the last value of a cell suggests to teach."""
    pending = inspect.iscoroutine(value) or (isinstance(value, asyncio.Future) and not value.done())
    return "pending-promise" if pending else None


def text_of(value: Any, most: int = TEXT) -> str:
    """The repr of a value, or that it cannot be had."""
    try:
        text = repr(value)
    except Exception as error:
        return f"[unreadable: {type(error).__name__}]"
    return text if len(text) <= most else text[:most] + "…"


def is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_flat(row) for row in value[:ROWS])


def table_of(rows: list[dict], title: str | None = None, columns: list[str] | None = None) -> Display:
    """Rows as a table: the columns are the keys of all rows, in the order they are met."""
    shown = rows[:ROWS]
    names = columns or list(dict.fromkeys(key for row in shown for key in row))[:COLUMNS]
    table: Display = {
        "kind": "table",
        "columns": [str(name) for name in names],
        "rows": [[flat(row.get(name)) for name in names] for row in shown],
    }
    if title is not None:
        table["title"] = str(title)
    if len(rows) > len(shown):
        table["more"] = len(rows) - len(shown)
    return table


def flat(value: Any) -> Any:
    """A value in one place of a table, as JSON can say it."""
    if value is None or isinstance(value, (bool, str)):
        return value if not isinstance(value, str) else value[:2000]
    if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < 2**53:
        return value
    return text_of(value, 2000)


def tree_of(value: Any, above: tuple[int, ...], budget: list[int]) -> dict[str, Any]:
    """A value as a folding tree, never larger than its budget."""
    budget[0] -= 1
    tree: dict[str, Any] = {"type": type(value).__name__, "text": text_of(value, 200)}
    if id(value) in above or len(above) >= DEPTH:
        return tree
    parts, count = _parts(value)
    children = []
    for key, part in parts:
        if budget[0] <= 0:
            break
        children.append({"key": key[:200], "value": tree_of(part, (*above, id(value)), budget)})
    if children:
        tree["children"] = children
    if count > len(children):
        tree["more"] = count - len(children)
    return tree


def _parts(value: Any) -> tuple[list[tuple[str, Any]], int]:
    if isinstance(value, dict):
        return [(text_of(key, 200), part) for key, part in islice(value.items(), ITEMS)], len(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        named = getattr(value, "_fields", None)
        keys = map(str, named) if isinstance(named, tuple) else map(str, range(ITEMS))
        return list(zip(keys, islice(value, ITEMS))), len(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return [(field.name, getattr(value, field.name, None)) for field in fields[:ITEMS]], len(fields)
    return [], 0


def _is_flat(row: Any) -> bool:
    return isinstance(row, dict) and bool(row) and all(_is_plain(key) and _is_plain(part) for key, part in row.items())


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, bytes))
