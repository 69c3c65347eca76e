"""A month of a city's raw values as the archive holds them, and what is declared about them.

A reading a minute, as in the job that streaming engines were compared with.

Each device has a sound level and a particle count that its temperature and humidity correct.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.store.tables import SCHEMAS
from streams.handler import Record
from streams.inventory import Calibration, Device, Profile, Property, micros
from streams.observe import observe
from streams.registry import Declarations, Registry
from streams.reprocess import arrow
from streams.reprocess.arrow import Block, table
from streams.reprocess.contract import SERIES as TOGETHER
from streams.reprocess.contract import Span
from streams.reprocess.samples import COLUMNS
from streams.wire import RECORDS, Wire

SECOND = 1_000_000
SINCE = 1_790_812_800 * SECOND
"""2026-10-01, UTC."""

PERIOD = 60 * SECOND
DAYS = 31
PER_SERIES = DAYS * 1440

SERIES = {
    "laeq": ("dB(A)", "level", 60.0, 6.0),
    "pm2_5": ("ug/m3", "instantaneous", 20.0, 8.0),
    "air_temperature": ("Cel", "instantaneous", 18.0, 5.0),
    "relative_humidity": ("%", "instantaneous", 60.0, 12.0),
}
"""Unit, kind, and the mean and the spread of what is measured."""

_TESTS = {
    "gross_range": {"fail": [-40.0, 140.0], "suspect": [-20.0, 110.0]},
    "spike": {"suspect": 25.0, "fail": 40.0, "max_gap": 150.0},
    "flat_line": {"suspect": 600.0, "fail": 1200.0, "tolerance": 0.05},
    "rate_of_change": {"suspect": 0.06, "max_gap": 150.0},
}


def registry(devices: list[str]) -> Registry:
    """Four properties with four tests each; linear calibrations, and one of three series."""
    things: list[tuple[str, Property | Device | Calibration | Profile]] = []
    for name, (unit, kind, _, _) in SERIES.items():
        things += [
            ("property", Property.model_validate(_titled(name) | {"unit": unit, "kind": kind})),
            ("profile", Profile(id=name, property=name, tests=_TESTS)),
        ]
    for device in devices:
        things.append(
            (
                "device",
                Device(id=device, name=device, codec="c", use_case="air", nominal_period=60),
            )
        )
        things += [("calibration", calibration) for calibration in _calibrations(device)]
    return Registry().after((kind, thing.id, thing) for kind, thing in things)


def _titled(name: str) -> dict[str, object]:
    return {"id": name, "title_fr": name, "title_en": name, "resolution": 0.1}


def _calibrations(device: str) -> list[Calibration]:
    linear = [
        Calibration(
            id=f"{device}-{name}",
            device=device,
            property=name,
            kind="linear",
            params={"a": 0.4, "b": 1.02},
        )
        for name in ("laeq", "air_temperature", "relative_humidity")
    ]
    params = {
        "intercept": 2.0,
        "slope": 0.6,
        "temperature": 0.1,
        "humidity": -0.05,
        "temperature_property": "air_temperature",
        "humidity_property": "relative_humidity",
        "tolerance": 900.0,
    }
    more = Calibration(
        id=f"{device}-pm",
        device=device,
        property="pm2_5",
        stage="environment",
        kind="multilinear",
        params=params,
    )
    return [*linear, more]


def write(path: Path, devices: list[str], seed: int) -> int:
    """The month of Parquet, ordered as the store is; the number of its rows."""
    rng = np.random.default_rng(seed)
    with pq.ParquetWriter(path, SCHEMAS["observations"], compression="zstd") as writer:
        for first in range(0, len(devices), 2):
            blocks = [
                _block(rng, device, i + first, name)
                for i, device in enumerate(devices[first : first + 2])
                for name in SERIES
            ]
            writer.write_table(table(blocks, SCHEMAS["observations"]))
    return int(pq.read_metadata(path).num_rows)


def _block(rng: np.random.Generator, device: str, place: int, name: str) -> Block:
    unit, _, mean, spread = SERIES[name]
    day = np.arange(PER_SERIES) * (2 * np.pi / 1440)
    raw = mean + spread * (np.sin(day) + 0.15 * rng.normal(size=PER_SERIES))
    raw[rng.random(PER_SERIES) < 0.005] += 60.0
    at = SINCE + place % 60 * SECOND + np.arange(PER_SERIES) * PERIOD
    frame = np.zeros(PER_SERIES, [("device", "<i8"), ("number", "<i8")])
    frame["device"], frame["number"] = place + 1, np.arange(1, PER_SERIES + 1)
    return Block(
        PER_SERIES,
        {
            "device": device,
            "property": name,
            "unit": unit,
            "observed_at": at,
            "arrival": at + 2 * SECOND,
            "frame_id": frame.view("S16").reshape(-1),
            "raw": np.floor(raw * 10 + 0.5) / 10,
            "revision": at + 2 * SECOND,
            "decode_version": np.zeros(PER_SERIES, np.int64),
            "codec_hash": np.full(PER_SERIES, 7),
            "counter": np.arange(PER_SERIES),
            "payload_size": np.full(PER_SERIES, 12),
        },
    )


def read(path: Path, devices: Sequence[str], span: Span) -> pa.Table:
    """The rows of some devices in a span: of them what samples are made of.

    A row group that can hold none is not read. What is read is filtered only where there are others
    among it: Parquet's own filter takes seven times as long as reading.
    """
    file = pq.ParquetFile(path, read_dictionary=TOGETHER)
    nothing = file.schema_arrow.empty_table().select(COLUMNS)
    found = [
        _mine(file.read_row_group(number, columns=list(COLUMNS)), devices, span)
        for number in range(file.num_row_groups)
        if _may_hold(file.metadata.row_group(number), devices, span)
    ]
    return pa.concat_tables(found) if found else nothing


def _mine(rows: pa.Table, devices: Sequence[str], span: Span) -> pa.Table:
    at, (of, names) = arrow.whole(rows["observed_at"]), arrow.codes(rows["device"])
    wanted = np.array([name in devices for name in names], np.bool_)
    mine = wanted[of] & (at >= span[0]) & (at < span[1])
    return rows if mine.all() else rows.filter(pa.array(mine))


def _may_hold(group: pq.RowGroupMetaData, devices: Sequence[str], span: Span) -> bool:
    """Whether rows of one of the devices in the span may be among those of a row group."""
    columns = [group.column(i) for i in range(group.num_columns)]
    said = {column.path_in_schema: column.statistics for column in columns}
    device, at = said["device"], said["observed_at"]
    first, last = (micros(instant) for instant in (at.min, at.max))
    here = any(device.min <= name <= device.max for name in devices)
    return here and first < span[1] and span[0] <= last


def lived(registry: Registry, device: str, rows: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """What the handler of live says last of the samples of a device, by table."""
    wire = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda _: "")
    handler = observe(wire, Declarations(lambda: registry, lambda: registry), 172_800 * SECOND)
    state, clock = handler.empty(), 0
    said: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {"Observation": {}, "Window": {}}
    frames = [_record(wire, device, frame) for frame in _frames(device, rows)]
    for first in range(0, len(frames), 1440):
        effects, clock = handler.handle(state, clock, frames[first : first + 96])
        for name, row in (wire.decode(o.value) for o in effects.outputs):
            if name in said:
                at = row.get("observed_at"), row.get("start"), row.get("duration")
                said[name][row["property"], *at] = row
    tables = ("observations", "Observation"), ("windows", "Window")
    return {table: list(said[name].values()) for table, name in tables}


def _frames(device: str, rows: pa.Table) -> Iterable[dict[str, Any]]:
    """What the rows of a device were decoded from, one frame for all that it measured at once."""
    frames: dict[bytes, dict[str, Any]] = {}
    for row in rows.filter(pc.equal(rows["device"], device)).to_pylist():
        at = round(row["observed_at"].timestamp()) * SECOND
        frame = frames.setdefault(row["frame_id"], dict.fromkeys(_NOTHING) | {"measures": []})
        frame |= {"frame_id": row["frame_id"], "device": device, "observed_at": at}
        frame |= {"arrival": at + 2 * SECOND, "decode_version": 0, "codec_hash": row["codec_hash"]}
        frame |= {"counter": row["counter"], "payload_size": row["payload_size"]}
        frame |= dict.fromkeys(("source", "network", "request_id", "codec"), "")
        measure = {"property": row["property"], "channel": "", "observed_at": None}
        frame["measures"].append(measure | {"value": row["raw"], "unit": row["unit"]})
    return sorted(frames.values(), key=lambda frame: frame["observed_at"])


_NOTHING = ("session", "port", "radio", "device_time")


def _record(wire: Wire, device: str, frame: dict[str, Any]) -> Record:
    return Record("readings", 0, 0, device.encode(), wire.encode("Frame", frame))
