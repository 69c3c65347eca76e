"""A series as CSV text: what scripts hand to a quality test.

``time,value``, with other columns by their name in a header. Sources: RFC 4180 (CSV), RFC 3339
(times with an offset).
"""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from connectors import rfc3339
from streams.errors import Stop
from streams.quality import SECOND, Columns, Flags

ROWS_MAX = 10_000_000
CELL_MAX = 1_000
FIRST, LAST = rfc3339.micros("1900-01-01T00:00:00Z"), rfc3339.micros("2200-01-01T00:00:00Z")
"""Times outside are none of a sensor."""

_EPOCH_SECONDS = re.compile(r"-?\d{1,11}(\.\d{1,18})?", re.ASCII)
_TIMES = "time", "arrival"

Cell = int | float | None


@dataclass(frozen=True)
class Series:
    """``columns`` are in time order; row i of them is row ``order[i]`` of the text."""

    columns: Columns
    order: NDArray[np.intp]

    def as_written(self, flags: Flags) -> Flags:
        """A flag a row, brought back into the order of the text."""
        found = np.empty_like(flags)
        found[self.order] = flags
        return found


def series(lines: Iterable[str], now: int) -> Series:
    """Read a series; equal times keep their order, empty lines are passed over.

    Without a header there are two columns, time and value. Of others, ``arrival`` is when a
    sample came (``now`` where it is not said, in UTC microseconds); the rest become siblings, and
    peers, of their names. An empty cell is a missing value.

    Raises:
        Stop: a line that cannot be read, with its number.
    """
    names, rows = _rows(lines)
    cells = list(zip(*rows, strict=True)) or [()] * len(names)
    held = dict(zip(names, cells, strict=True))
    time = np.array(held.pop("time"), np.int64)
    order = np.argsort(time, kind="stable")
    arrival = [now if at is None else at for at in held.pop("arrival", [None] * len(time))]
    numbers = {name: np.array(column, np.float64)[order] for name, column in held.items()}
    value = numbers.pop("value")
    none = np.full(len(time), -1, np.int64)
    came = np.array(arrival, np.int64)[order]
    return Series(Columns(time[order], came, value, none, numbers, numbers), order)


def _rows(lines: Iterable[str]) -> tuple[Sequence[str], list[tuple[Cell, ...]]]:
    """The names of the columns, and the rows of cells under them."""
    names: Sequence[str] | None = None
    rows: list[tuple[Cell, ...]] = []
    for number, cells in _lines(lines):
        if not any(cells):
            continue
        if names is None:
            names = _header(cells)
            if names is not None:
                continue
            names = ("time", "value")
        if len(cells) != len(names):
            raise Stop(_wrong(number, f"{len(cells)} cells; expected {', '.join(names)}"))
        if len(rows) == ROWS_MAX:
            raise Stop(_wrong(number, f"more than {ROWS_MAX} rows; give them in parts"))
        rows.append(tuple(map(_cell, names, cells, [number] * len(names))))
    return names or ("time", "value"), rows


def _lines(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as e:
        raise Stop(_wrong(reader.line_num, str(e))) from e


def _header(cells: list[str]) -> Sequence[str] | None:
    """The names in a first line that has no time in its first cell."""
    names = [cell.strip().removeprefix("\ufeff") for cell in cells]
    if _time(names[0]) is not None or not {"time", "value"} & set(names):
        return None
    if not {"time", "value"} <= set(names) or len(set(names)) != len(names) or "" in names:
        raise Stop(_wrong(1, "a header names time, value and each other column once"))
    return names


def _cell(name: str, cell: str, number: int) -> Cell:
    text = cell.strip()
    if name in _TIMES:
        at = _time(text)
        if at is None and (text or name == "time"):
            said = "is neither RFC 3339 with an offset, like 2026-01-31T12:00:00Z, nor seconds"
            raise Stop(_wrong(number, f"{name} {text[:40]!r} {said} since 1970"))
        if at is not None and not FIRST <= at < LAST:
            raise Stop(_wrong(number, f"{name} {text[:40]!r} is not of the years 1900 to 2199"))
        return at
    return math.nan if not text else _number(name, text, number)


def _number(name: str, text: str, number: int) -> float:
    try:
        found = float(text) if len(text) <= CELL_MAX else math.inf
    except ValueError:
        found = math.inf
    if math.isinf(found):
        raise Stop(_wrong(number, f"{name} {text[:40]!r} is no number; leave the cell empty"))
    return found


def _time(text: str) -> int | None:
    """UTC microseconds; None where the text is no time. Finer digits are cut off."""
    if _EPOCH_SECONDS.fullmatch(text):
        return int(Decimal(text) * SECOND)
    try:
        return rfc3339.micros(text)
    except (ValueError, OverflowError):
        return None


def _wrong(number: int, what: str) -> str:
    return f"line {number}: {what}"
