"""The `display` of a cell: shows a value richly, at once."""

import base64
import json
import math
from typing import Any, Callable, Iterable, Mapping

from .value import Display, display_of, table_of

LARGEST = 512 * 1024


class Show:
    """`display(value)` shows a value as the last expression of a cell would be shown."""

    def __init__(self, send: Callable[[Display], None]) -> None:
        self._send_item = send

    def __repr__(self) -> str:
        return "<function display>"

    def __call__(self, *values: Any) -> None:
        for value in values:
            self._send(display_of(value))

    def table(self, rows: Iterable[Any], title: str | None = None, columns: list[str] | None = None) -> None:
        """Rows as dictionaries or as sequences."""
        self._send(table_of([_row(row, columns) for row in rows], title, columns))

    def plot(self, series: Any, title: str | None = None, x: str = "x", y: str = "y") -> None:
        """Curves: points (x, y), or values whose x is their rank; one series, or several by name."""
        curves = [{"name": name, "points": _points(values)} for name, values in _named(series)]
        self._send({"kind": "plot", **_title(title), "x": x, "y": y, "series": curves})

    def histogram(self, values: Any, title: str | None = None, unit: str = "ms") -> None:
        """How values are spread; milliseconds unless `unit` says otherwise."""
        series = [{"name": name, "values": [_finite(value) for value in each]} for name, each in _named(values)]
        self._send({"kind": "histogram", **_title(title), "unit": unit, "series": series})

    def markdown(self, text: Any) -> None:
        self._send({"kind": "markdown", "text": str(text)})

    def image(self, data: bytes | str, type: str = "image/png", alternative: str = "") -> None:
        """An image as bytes or base64; `alternative` says what it shows to who cannot see it."""
        text = data if isinstance(data, str) else base64.b64encode(data).decode()
        self._send({"kind": "image", "type": type, "base64": text, "alternative": alternative})

    def _send(self, item: Display) -> None:
        size = len(json.dumps(item))
        if size > LARGEST:
            raise ValueError(f"display: {size // 1024} KiB is more than the {LARGEST // 1024} KiB that can be shown")
        self._send_item(item)


def _title(title: str | None) -> dict[str, str]:
    return {} if title is None else {"title": str(title)}


def _row(row: Any, columns: list[str] | None) -> dict:
    if isinstance(row, Mapping):
        return dict(row)
    if isinstance(row, (list, tuple)):
        return dict(zip(columns or map(str, range(len(row))), row))
    return {(columns or ["value"])[0]: row}


def _named(series: Any) -> Iterable[tuple[str, Iterable[Any]]]:
    return [(str(name), values) for name, values in series.items()] if isinstance(series, Mapping) else [("", series)]


def _points(values: Iterable[Any]) -> list[list[float]]:
    pairs = [value if isinstance(value, (list, tuple)) else (rank, value) for rank, value in enumerate(values)]
    return [[_finite(x), _finite(y)] for x, y in pairs]


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"display: {value!r} is not a finite number")
    return number
