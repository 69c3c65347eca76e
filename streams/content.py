"""What is said of samples and of windows, as columns by the names of the wire."""

import math
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.avro_columns import Picked
from streams.judge import Judged
from streams.plan import SeriesPlan
from streams.quality import Flags, Instants
from streams.revisions import digest
from streams.windows import NONE, Entries, Windows

Index = NDArray[np.intp]
Columns = dict[str, Any]


def observations(plan: SeriesPlan, judged: Judged, index: Index) -> Columns:
    """What is said of these samples of a series, without their revisions."""
    flags = {name: flags[index] for name, flags in judged.tests.items()}
    told = samples(plan, judged, index)
    missing = np.isnan(told["raw"])
    return told | {
        "tests": _by_name(flags, len(index)),
        "calibrations": _calibrations(plan, judged.segment[index], missing),
    }


def samples(plan: SeriesPlan, judged: Judged, where: Index | slice) -> Columns:
    """What of these samples is one value each, the same for live and batch."""
    rows = judged.rows[where]
    versions = np.array([s.version for s in plan.segments], np.int64)
    return {
        "observed_at": rows["at"],
        "frame_id": rows["frame"],
        "arrival": rows["arrival"],
        "raw": rows["value"],
        "value": judged.value[where],
        "unit": plan.observed.unit,
        "flag": judged.flag[where],
        "provisional": judged.provisional[where],
        "config_version": versions[judged.segment[where]],
        "decode_version": rows["version"],
        "codec_hash": rows["codec"],
        "counter": _known(rows["counter"]),
        "payload_size": _known(rows["size"]),
        "clock_offset": rows["offset"],
    }


def observation(plan: SeriesPlan, judged: Judged, i: int) -> dict[str, Any]:
    """What is said of sample ``i`` of a series, by the names of the wire, without its revision."""
    found = {
        name: _one(column) for name, column in observations(plan, judged, np.array([i])).items()
    }
    return found | {"frame_id": found["frame_id"].ljust(16, b"\0")}


def _one(column: Any) -> Any:
    """The value of the only row."""
    if isinstance(column, Picked):
        return column.values[column.index[0]]
    if not isinstance(column, np.ndarray):
        return column
    value = column.item()
    missing = value == NONE or (isinstance(value, float) and math.isnan(value))
    return None if missing else value


def windows(of: Windows, utc: Instants, index: Index) -> Columns:
    """What is said of these windows, which begin at ``utc``; what does not apply to their kind is
    left to the defaults of the wire."""
    columns: Columns = {"start": utc[index], "duration": of.duration}
    for name, column in of.columns.items():
        if isinstance(column, Entries):
            columns |= _TABLES[name]([column.of(i) for i in index.tolist()])
        else:
            columns[name] = column[index]
    return columns


def no_observations(utc: Instants) -> Columns:
    """Tombstones of samples."""
    return {"observed_at": utc, "is_deleted": True}


def no_windows(duration: int, utc: Instants) -> Columns:
    """Tombstones of windows."""
    return {"start": utc, "duration": duration, "is_deleted": True}


def observed(judged: Judged, plan: SeriesPlan) -> NDArray[np.uint64]:
    """A number for the content of each sample."""
    rows = judged.rows
    versions = np.array([s.version for s in plan.segments], np.int64)
    columns = [rows[name] for name in ("frame", "arrival", "version", "codec", "value")]
    columns += [judged.value, judged.flag, judged.provisional, versions[judged.segment]]
    return digest([*columns, _word(judged.tests, len(rows))], len(rows))


def windowed(of: Windows) -> NDArray[np.uint64]:
    """A number for the content of each window."""
    columns = of.columns.values()
    words = [column.words() if isinstance(column, Entries) else column for column in columns]
    return digest(words, len(of.start))


def _word(tests: Mapping[str, Flags], size: int) -> NDArray[np.uint64]:
    """One number a row for all its flags by name.

    A test that does not apply to a row adds nothing: a test that begins to apply elsewhere in
    the series leaves this row as it was.
    """
    word = np.zeros(size, np.uint64)
    for name, flags in tests.items():
        weight = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") | 1
        word += flags.astype(np.uint64) * np.uint64(weight)
    return word


def _by_name(tests: Mapping[str, Flags], size: int) -> Picked:
    """The flags of each row by the names of the tests that apply to it."""
    table = np.zeros((size, len(tests)), np.uint8)
    for column, flags in zip(table.T, tests.values(), strict=True):
        column[:] = flags
    kinds: dict[bytes, int] = {}
    raw, width = table.tobytes(), len(tests)
    index = [kinds.setdefault(raw[i * width : (i + 1) * width], len(kinds)) for i in range(size)]
    values = [{n: f for n, f in zip(tests, kind, strict=True) if f} for kind in kinds]
    return Picked(values, np.array(index, np.intp))


def _calibrations(plan: SeriesPlan, segment: Index, missing: NDArray[np.bool_]) -> Picked:
    """The ids of the stages that made each value; none made what is missing."""
    there, index = np.unique(segment, return_inverse=True)
    values = [[stage.id for stage in plan.segments[i].stages] for i in there.tolist()]
    return Picked([*values, []], np.where(missing, len(values), index))


def _known(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(numbers < 0, NONE, numbers)


def _levels(entries: Sequence[Any]) -> Columns:
    tenths = [[int(key) for key, _ in pairs] for pairs in entries]
    return {"levels": tenths, "level_counts": [[int(n) for _, n in pairs] for pairs in entries]}


def _states(entries: Sequence[Any]) -> Columns:
    return {"states": [{f"{key:.0f}": seconds for key, seconds in pairs} for pairs in entries]}


_TABLES = {"levels": _levels, "states": _states}
