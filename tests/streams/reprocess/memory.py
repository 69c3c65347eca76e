"""A store of rows in memory: what live said goes in, a run reads and writes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from connectors.store.tables import SCHEMAS, arrow
from streams.reprocess.contract import Decoded, Difference, Span, Store, Task

Row = dict[str, Any]
IDENTITY = {
    "observations": ("device", "property", "channel", "observed_at"),
    "windows": ("device", "property", "channel", "start", "duration"),
}
TIME = {"observations": "observed_at", "windows": "start"}


def records(table: pa.Table) -> list[Row]:
    """Rows as they are on the wire: instants in microseconds, maps as dictionaries."""
    for i, one in enumerate(table.schema):
        if pa.types.is_timestamp(one.type):
            table = table.set_column(i, one.name, table.column(i).cast(pa.int64()))
    maps = [one.name for one in table.schema if pa.types.is_map(one.type)]
    return [row | {name: dict(row[name]) for name in maps} for row in table.to_pylist()]


def bits(row: Mapping[str, Any]) -> Row:
    """Floats by their bits, the revision aside."""
    return {name: _bits(value) for name, value in row.items() if name != "revision"}


def _bits(value: Any) -> Any:
    if isinstance(value, float):
        return value.hex()
    return {k: _bits(v) for k, v in value.items()} if isinstance(value, dict) else value


@dataclass
class Memory:
    """Rows by identity, the highest revision of each; ``history`` are those superseded."""

    rows: dict[str, dict[tuple[Any, ...], Row]] = field(
        default_factory=lambda: {name: {} for name in IDENTITY}
    )
    history: list[Row] = field(default_factory=list)
    frames: list[Mapping[str, Any]] = field(default_factory=list)
    complete: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    def put(self, table: str, rows: Iterable[Row]) -> None:
        for row in rows:
            key = tuple(row[name] for name in IDENTITY[table])
            before = self.rows[table].get(key)
            if before is None or before["revision"] <= row["revision"]:
                self.rows[table][key] = {n: row[n] for n in SCHEMAS[table].names}

    def current(self, table: str) -> dict[tuple[Any, ...], Row]:
        return {k: r for k, r in self.rows[table].items() if not r["is_deleted"]}

    def store(self, frames: bool = False) -> Store:
        return Store(
            lambda devices, span: self._read("observations", devices, span),
            lambda devices, span: self._read("windows", devices, span),
            self._write,
            self._frames if frames else None,
        )

    def _read(self, table: str, devices: Sequence[str], span: Span) -> pa.Table:
        found = [
            row
            for row in self.current(table).values()
            if row["device"] in devices and span[0] <= row[TIME[table]] < span[1]
        ]
        return arrow(table, found)

    def _frames(self, devices: Sequence[str], _span: Span) -> Decoded:
        return Decoded([f for f in self.frames if f["device"] in devices], self.complete)

    def _write(self, _task: Task, found: Difference) -> None:
        for table, part in found.tables.items():
            self.history += records(part.superseded)
            self.put(table, records(part.rows))
