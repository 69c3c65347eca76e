"""Records a second onto the wire, from columns; the ceiling is the same messages joined.

``fastavro`` is what one record after another makes, its dictionary there already.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from streams.avro_columns import MISSING, Picked
from streams.wire import RECORDS, Wire

ROWS = 1000
FEW = 100
SECONDS = 1.0
SECOND = 1_000_000
_NOW = 1_790_000_000 * SECOND


def run() -> dict[str, float]:
    """Observations and windows, a series each: ``rate`` in batches of 1,000, ``rate_of_few`` in
    batches of 100, ``fastavro`` and ``ceiling``, all in records a second of CPU."""
    wire = Wire({name: i for i, name in enumerate(RECORDS, 1)}, _no_other)
    tables = _tables(ROWS)
    few = _tables(FEW)
    written = [m for name, columns in tables for m in wire.encode_rows(name, ROWS, columns)]
    records = [wire.decode(message) for message in written]
    assert written == [wire.encode(*record) for record in records]  # noqa: S101
    rates = {
        "rate": _rate(lambda: [wire.encode_rows(n, ROWS, c) for n, c in tables], 2 * ROWS),
        "rate_of_few": _rate(lambda: [wire.encode_rows(n, FEW, c) for n, c in few], 2 * FEW),
        "fastavro": _rate(lambda: [wire.encode(*record) for record in records], 2 * ROWS),
        "ceiling": _rate(lambda: b"".join(written), 2 * ROWS),
    }
    figures = {name: float(round(rate)) for name, rate in rates.items()}
    return figures | {
        "ratio": round(rates["rate"] / rates["ceiling"], 4),
        "times_fastavro": round(rates["rate"] / rates["fastavro"], 1),
    }


def _no_other(schema_id: int) -> str:
    raise KeyError(schema_id)


def _rate(write: Callable[[], object], records: int) -> float:
    write()
    rounds, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        write()
        rounds += 1
    return rounds * records / (time.process_time() - start)


def _tables(size: int) -> list[tuple[str, dict[str, Any]]]:
    rng = np.random.default_rng(1)
    value = rng.normal(20, 5, size)
    at = _NOW + rng.integers(0, 900 * SECOND, size)
    every = {
        "device": [f"70B3D57ED00{i:05X}" for i in range(size)],
        "property": "temperature",
        "channel": "",
        "revision": at + SECOND,
        "is_deleted": False,
        "config_version": at // SECOND,
    }
    observation = {
        "observed_at": at,
        "frame_id": rng.integers(0, 1 << 62, 2 * size).view("S16"),
        "arrival": at + SECOND,
        "raw": value,
        "value": value,
        "unit": Picked(["Cel", "%"], rng.integers(0, 2, size)),
        "flag": rng.integers(1, 5, size),
        "tests": Picked([{"gross_range": 1, "spike": n} for n in (1, 3, 4)], np.arange(size) % 3),
        "provisional": rng.random(size) < 0.5,
        "calibrations": Picked([["c1"], []], rng.integers(0, 2, size)),
        "codec_hash": rng.integers(MISSING, -(MISSING + 1), size),
        "counter": np.where(value < 18, MISSING, np.arange(size)),
        "payload_size": np.full(size, 12),
    }
    window = {
        "start": at // (900 * SECOND) * (900 * SECOND),
        "duration": 900 * SECOND,
        "good": rng.integers(0, 3, size),
        "missing": rng.integers(0, 2, size),
        "total": value,
        "squares": value * value,
        "first_at": at,
        "last_at": at,
        "held": np.where(value < 18, np.nan, value),
        **dict.fromkeys(("least", "greatest", "first", "last", "area"), value),
        **dict.fromkeys(("energy", "exposure", "increase", "sines"), np.full(size, np.nan)),
    }
    return [("Observation", every | observation), ("Window", every | window)]
