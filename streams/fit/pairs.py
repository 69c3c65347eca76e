"""Co-located observations as CSV: what stands on standard input of ``vigie calibration``.

With a header, columns by name and in any order: ``sensor`` and ``reference``, and where they help
``time`` (RFC 3339 with an offset), ``temperature``, ``humidity`` and ``unit`` (which of several
sensors side by side). Without one, two columns: sensor, reference. A header with semicolons means
that the columns are separated by them, and a decimal comma is read as well.
"""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.errors import Skip
from streams.fit import Floats
from streams.inventory import micros

REQUIRED = ("sensor", "reference")
NUMBERS = (*REQUIRED, "temperature", "humidity")
KNOWN = (*NUMBERS, "time", "unit")
MOST = 1_000_000
"""Rows: two years of minutes."""
LONGEST = 1000
"""Characters of a line."""
SMALLEST, LARGEST = 1e-100, 1e15
"""Of a value that is not 0: squares, quotients and their sums stay numbers."""
_NO_HEADER = REQUIRED
_MISSING = {"", "nan", "na", "null", "none"}


@dataclass(frozen=True)
class Pairs:
    """Columns of one length; ``numbers`` by name, NaN where a cell was empty.

    ``time`` is UTC microseconds and ``unit`` a label, None without such a column.
    """

    numbers: Mapping[str, Floats]
    time: NDArray[np.int64] | None = None
    unit: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.numbers["sensor"])

    def where(self, kept: NDArray[np.bool_]) -> "Pairs":
        """The rows that are kept."""
        return Pairs(
            {name: column[kept] for name, column in self.numbers.items()},
            None if self.time is None else self.time[kept],
            None if self.unit is None else self.unit[kept],
        )

    def complete(self, names: Iterable[str]) -> "Pairs":
        """The rows in which none of these numbers is missing, with these numbers alone."""
        numbers = {name: self.numbers[name] for name in names}
        missing = np.zeros(len(self), np.bool_)
        for column in numbers.values():
            missing |= np.isnan(column)
        return Pairs(numbers, self.time, self.unit).where(~missing)


def read(lines: Iterable[str]) -> Pairs:
    """The pairs of a CSV text.

    Raises:
        Skip: ``bad_csv``; the message names the line and what is wrong with it.
    """
    text = _bounded(lines)
    head = next(text, "")
    if not head.strip():
        raise Skip("bad_csv", "nothing was given: pairs are expected as CSV sensor,reference")
    delimiter = ";" if ";" in head else ","
    rows = csv.reader(chain([head], text), delimiter=delimiter)
    try:
        return _columns(rows, delimiter == ";")
    except csv.Error as e:
        raise Skip("bad_csv", f"line {rows.line_num}: {e}") from None


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if number > MOST:
            raise Skip("bad_csv", f"more than {MOST} lines: take means of an hour, or of a day")
        if len(line) > LONGEST:
            raise Skip("bad_csv", f"line {number} has more than {LONGEST} characters")
        yield line


def _columns(rows: Any, decimal_comma: bool) -> Pairs:
    first = next(rows)
    names = _names(first)
    found: dict[str, list[Any]] = {name: [] for name in names if name in KNOWN}
    for row in rows if names is not _NO_HEADER else chain([first], rows):
        if not row:
            continue
        if len(row) != len(names):
            raise Skip(
                "bad_csv",
                f"line {rows.line_num} has {len(row)} columns, the first has {len(names)}",
            )
        for name, cell in zip(names, row, strict=True):
            if name in found:
                found[name].append(_cell(name, cell.strip(), rows.line_num, decimal_comma))
    return Pairs(
        {name: np.array(found[name], np.float64) for name in NUMBERS if name in found},
        np.array(found["time"], np.int64) if "time" in found else None,
        np.array(found["unit"], np.str_) if "unit" in found else None,
    )


def _names(first: Sequence[str]) -> Sequence[str]:
    names = [cell.strip().removeprefix("\ufeff").lower() for cell in first]
    if len(names) == 2 and all(map(_numeric, names)):
        return _NO_HEADER
    if repeated := {name for name in names if name in KNOWN and names.count(name) > 1}:
        raise Skip("bad_csv", f"line 1: column {min(repeated)!r} stands there twice")
    for name in REQUIRED:
        if name not in names:
            said = ", ".join(repr(n[:40]) for n in names[:10])
            raise Skip("bad_csv", f"line 1: no column {name!r} among {said}")
    return names


def _numeric(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return cell in _MISSING
    return True


def _cell(name: str, cell: str, line: int, decimal_comma: bool) -> Any:
    if name == "unit":
        return cell
    try:
        if name == "time":
            return _micros(cell)
        return _number(cell.replace(",", ".") if decimal_comma else cell)
    except ValueError as e:
        raise Skip("bad_csv", f"line {line}, column {name}: {cell[:40]!r} {e}") from None


def _number(cell: str) -> float:
    if cell.lower() in _MISSING:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        raise ValueError("is no number") from None
    if not math.isfinite(value):
        raise ValueError("is not finite")
    if abs(value) > LARGEST or 0.0 < abs(value) < SMALLEST:
        raise ValueError("is no measurement: neither 0 nor of 1e-100 to 1e15")
    return value


def _micros(cell: str) -> int:
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError("is no time: write it as 2026-01-31T12:00:00Z") from None
    if at.tzinfo is None:
        raise ValueError("has no offset: write Z for UTC, or +01:00")
    return micros(at)
