"""Rows of a table as events: each one read, or refused on its own."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from json import dumps
from typing import BinaryIO

from connectors import json_fields as fields
from connectors.table.lines import LINE_MAX, lines, opening
from connectors.table.local_time import clock
from streams.errors import Skip
from streams.inventory.sources import TableMapping
from streams.uplinks import Event

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:_\d{3})+", re.ASCII)
_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " "})
"""What French spreadsheets write between thousands is a blank that does not break."""
_SHOWN = 20
COLUMNS_MAX = 1000

Value = int | float | str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is not blank: its number (the file's first is 1), its bytes, what it says."""

    line: int
    raw: bytes
    said: Event | Skip


@dataclass(frozen=True)
class Head:
    """What stands before the rows: its bytes, its lines, and how they say to read what follows."""

    raw: bytes
    height: int
    codec: str
    event: Callable[[str], Event]

    def rows(self, file: BinaryIO, line: int) -> Iterator[Row]:
        """The rows from where the file stands, whose next line has the number ``line``."""
        for number, raw in enumerate(lines(file, self.codec), line):
            if said := self._said(raw):
                yield Row(number, raw, said)

    def _said(self, raw: bytes) -> Event | Skip | None:
        """None: the line is blank."""
        try:
            text = _text(raw, self.codec)
            return self.event(text) if text.strip() else None
        except Skip as why:
            return why


def head(file: BinaryIO, mapping: TableMapping) -> Head:
    """Read up to the first row; afterwards the file stands there.

    Raises:
        Skip: ``empty``, ``no_column``, ``columns``, ``encoding``, ``quotes``, ``too_long``.
    """
    mark, codec = opening(file, mapping.encoding)
    height = mapping.skip + (0 if mapping.names else 1 + mapping.skip_after)
    before = list(islice(lines(file, codec), height))
    if len(before) < height:
        raise Skip("empty", f"{len(before)} lines, {height} are expected before the first row")
    names = mapping.names or _cells(_text(before[mapping.skip], codec), mapping)
    columns = _columns(names, mapping)
    return Head(mark + b"".join(before), height, codec, columns.event)


@dataclass(frozen=True)
class _Columns:
    """Where a row has what; ``names`` are those of all its cells."""

    mapping: TableMapping
    names: Sequence[str]
    time: Sequence[int]
    device: int | None
    values: Sequence[tuple[int, str]]
    instant: Callable[[str], int]

    def event(self, text: str) -> Event:
        """The event of a row.

        Its key of deduplication is the device and the cells as they stand: the same whatever the
        mapping says of them.

        Raises:
            Skip: ``quotes``, ``columns``, ``no_device``, or of the time.
        """
        cells = [cell.strip() for cell in _cells(text, self.mapping)]
        while len(cells) > len(self.names) and not cells[-1]:
            cells.pop()
        if len(cells) != len(self.names):
            raise Skip("columns", f"{len(cells)} cells under {len(self.names)} columns")
        device = self.mapping.device or fields.device(
            cells[self.device or 0], "the device's column"
        )
        at = self.instant(" ".join(cells[i] for i in self.time))
        content = sha256(dumps(dict(zip(self.names, cells, strict=True))).encode()).hexdigest()
        decoded = {name: value(cells[i], self.mapping) for i, name in self.values}
        return Event("uplink", device, f"{device}/{content}", at, decoded=decoded)


def _columns(names: Sequence[str], mapping: TableMapping) -> _Columns:
    named = _named(names)
    wanted = [*mapping.time, *mapping.columns]
    wanted += [mapping.device_column] if mapping.device_column else []
    if missing := [name for name in wanted if name not in named]:
        raise Skip(
            "no_column",
            f"no column {_shown(missing)} among {_shown(named)}: see separator, skip and encoding "
            "of the source's table",
        )
    places = {name: i for i, name in enumerate(named)}
    others = [n for n in named if n not in mapping.time and n != mapping.device_column]
    values = mapping.columns or dict(zip(others, others, strict=True))
    return _Columns(
        mapping,
        named,
        [places[name] for name in mapping.time],
        places[mapping.device_column] if mapping.device_column else None,
        [(places[column], name) for column, name in values.items()],
        clock(mapping),
    )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names[:_SHOWN])


def _named(names: Sequence[str]) -> list[str]:
    """Each with a name of its own: the second ``level`` is ``level_2``, a third column without a
    name ``column_3``; separators at the end of the line are no columns."""
    found: list[str] = []
    last = max((i for i, name in enumerate(names, 1) if name.strip()), default=0)
    if last > COLUMNS_MAX:
        raise Skip("columns", f"{last} columns: {COLUMNS_MAX} at most are read")
    counts: Counter[str] = Counter()
    for i, name in enumerate(names[:last], 1):
        wanted = name.strip() or f"column_{i}"
        same = wanted
        while counts[same]:
            counts[wanted] += 1
            same = f"{wanted}_{counts[wanted]}"
        counts[same] = 1
        found.append(same)
    return found


def value(cell: str, mapping: TableMapping) -> Value:
    """A number where the cell is one, None where it is missing, else its text."""
    if cell in mapping.missing:
        return None
    plain = cell.translate(_BLANKS) if mapping.thousands else cell
    if mapping.thousands and mapping.thousands in plain:
        # 1.5 is not 15, whatever parts thousands.
        groups = plain.partition(mapping.decimal)[0].replace(mapping.thousands, "_")
        if not _GROUPED.fullmatch(groups):
            return cell
        plain = plain.replace(mapping.thousands, "")
    if mapping.decimal != ".":
        plain = plain.replace(".", "?").replace(mapping.decimal, ".")
    if not _NUMBER.fullmatch(plain):
        return cell
    return int(plain) if plain.lstrip("+-").isdigit() and len(plain) < 16 else float(plain)


def _cells(text: str, mapping: TableMapping) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=mapping.separator, strict=True), [])
    except csv.Error as e:
        raise Skip("quotes", f"the quotes of the line do not fit: {e}") from e


def _text(raw: bytes, codec: str) -> str:
    if len(raw) >= LINE_MAX:
        raise Skip("too_long", f"a line has more than {LINE_MAX} bytes")
    try:
        return raw.decode(codec).rstrip("\r\n")
    except UnicodeDecodeError as e:
        raise Skip(
            "encoding", f"the line is not {codec}: set encoding of the source's table"
        ) from e
