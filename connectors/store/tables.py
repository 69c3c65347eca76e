"""The columns that the sink writes, as Arrow types, and what fits them.

They are those of ``clickhouse/migrations``; names are those of the Avro fields.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from streams.errors import Skip

_INSTANT = pa.timestamp("us", "UTC")
_TEXT = pa.string()
_FLAGS = pa.map_(_TEXT, pa.uint8())
_LEVELS, _COUNTS = pa.list_(pa.int16()), pa.list_(pa.uint32())
_ALERT: Mapping[Any, str] = {
    _TEXT: "alert_id rule subject_kind subject property channel reason transition",
    _INSTANT: "opened_at updated_at closed_at",
    pa.uint8(): "level",
    pa.list_(_TEXT): "devices",
    pa.bool_(): "withdrawn silenced",
    pa.uint64(): "revision",
}
_COLUMNS: Mapping[str, Mapping[Any, str]] = {
    "observations": {
        _TEXT: "device property channel unit",
        _INSTANT: "observed_at arrival",
        pa.uint64(): "revision",
        pa.bool_(): "is_deleted provisional",
        pa.binary(16): "frame_id",
        pa.float64(): "raw value clock_offset",
        pa.uint32(): "payload_size",
        pa.uint8(): "flag",
        _FLAGS: "tests",
        pa.list_(_TEXT): "calibrations",
        pa.int64(): "config_version decode_version codec_hash counter",
    },
    "windows": {
        _TEXT: "device property channel",
        _INSTANT: "start first_at last_at",
        pa.uint64(): "revision",
        pa.bool_(): "is_deleted",
        pa.uint32(): "duration good unknown suspect fail missing resets rollovers",
        pa.float64(): (
            "total squares least greatest first last energy exposure "
            "held area increase sines cosines"
        ),
        pa.map_(_TEXT, pa.float64()): "states",
        _LEVELS: "levels",
        _COUNTS: "level_counts",
        pa.int64(): "config_version",
    },
    "device_events": {
        _TEXT: "device source network request_id kind session details",
        _INSTANT: "observed_at arrival",
        pa.binary(16): "event_id",
        pa.int64(): "counter",
        pa.map_(_TEXT, pa.float64()): "measures",
    },
    "pending": {
        _TEXT: "device reason",
        pa.date32(): "day",
        pa.uint64(): "revision",
        pa.bool_(): "is_deleted",
        _INSTANT: "at",
    },
    "declarations": {
        _TEXT: "kind id author body",
        pa.uint64(): "revision",
        pa.bool_(): "is_deleted",
        pa.int64(): "sequence",
        _INSTANT: "declared_at",
    },
    "declaration_history": {
        _TEXT: "kind id author body",
        pa.uint64(): "revision",
        pa.bool_(): "is_deleted",
        pa.int64(): "sequence",
        _INSTANT: "declared_at",
    },
    "dead_letters": {
        _TEXT: "topic stage reason message resolved resolved_by",
        pa.uint32(): "partition",
        pa.uint64(): "offset",
        _INSTANT: "at resolved_at",
    },
    "conditions": {
        _TEXT: "device kind property channel reason network",
        _INSTANT: "opened_at closed_at updated_at",
        pa.uint8(): "level",
        pa.list_(_TEXT): "gateways",
        pa.uint64(): "revision",
        pa.bool_(): "is_deleted",
    },
    "alerts": _ALERT,
    "alert_transitions": _ALERT,
    "frontier": {_TEXT: "topic", pa.uint32(): "partition", _INSTANT: "at"},
}

SCHEMAS: Mapping[str, pa.Schema] = {
    table: pa.schema([(name, kind) for kind, names in columns.items() for name in names.split()])
    for table, columns in _COLUMNS.items()
}
"""In the order of the inserts: the frontier comes last, when what its ticks followed is stored."""

_BOUNDS: Mapping[Any, tuple[int, int]] = {
    _INSTANT: (-2_208_988_800_000_000, 10_413_792_000_000_000 - 1),
    pa.date32(): (-25_567, 120_529),
    pa.uint8(): (0, (1 << 8) - 1),
    pa.uint32(): (0, (1 << 32) - 1),
    pa.uint64(): (0, (1 << 64) - 1),
    _FLAGS: (0, (1 << 8) - 1),
    _LEVELS: (-(1 << 15), (1 << 15) - 1),
    _COUNTS: (0, (1 << 32) - 1),
}
"""Of the types that are narrower than Avro's. ClickHouse's DateTime64(6) and Date32 hold the
years 1900 to 2299."""

_NARROW = {
    table: [(c.name, *_BOUNDS[c.type]) for c in schema if c.type in _BOUNDS]
    for table, schema in SCHEMAS.items()
}


def check(table: str, row: Mapping[str, Any]) -> None:
    """Whether every value has a place in its column.

    Raises:
        Skip: one has not; says which.
    """
    for name, least, most in _NARROW[table]:
        for value in _values(row[name]):
            if not least <= value <= most:
                raise Skip("out_of_range", f"{table}.{name} cannot hold {value}")


def arrow(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Checked rows as columns; fields that the table does not have are left out."""
    return pa.Table.from_pylist(rows, SCHEMAS[table])


def _values(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif value is not None:
        yield value
