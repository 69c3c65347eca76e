"""Judged series as blocks of the store's columns, the same content as live puts on the wire."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams import content
from streams.applicable import Key
from streams.judge import Judged
from streams.plan import SeriesPlan
from streams.quality import Flags
from streams.reprocess.arrow import Block, Column, Ragged
from streams.reprocess.contract import Span
from streams.windows import Entries, window_starts

Index = NDArray[np.intp]


def observations(device: str, key: Key, plan: SeriesPlan, judged: Judged, write: Span) -> Block:
    """The samples of a series in ``write``."""
    here = slice(*np.searchsorted(judged.rows["at"], write).tolist())
    told = content.samples(plan, judged, here)
    raw = told["raw"]
    flags = {name: flags[here] for name, flags in judged.tests.items()}
    columns: dict[str, Column] = {
        **_series(device, key),
        **told,
        "tests": _tests(flags, len(raw)),
        "calibrations": _calibrations(plan, judged.segment[here], ~np.isnan(raw)),
    }
    return Block(len(raw), columns)


def windows(device: str, key: Key, judged: Judged, write: Span) -> Iterator[Block]:
    """The windows of each duration that lie in ``write``; live owns the one that its end cuts."""
    for of in judged.windows:
        last = window_starts(np.array(write[1]), of.duration).item()
        here = slice(*np.searchsorted(of.start, (write[0], last)).tolist())
        start = of.start[here]
        columns: dict[str, Column] = {
            **_series(device, key),
            "start": start,
            "duration": np.full(len(start), of.duration),
        }
        for name, column in of.columns.items():
            if isinstance(column, Entries):
                columns |= _TABLES[name](sliced(column, here))
            else:
                columns[name] = column[here]
        yield Block(len(start), columns)


def _series(device: str, key: Key) -> dict[str, Column]:
    return {"device": device, "property": key[0], "channel": key[1]}


def _tests(tests: Mapping[str, Flags], size: int) -> Ragged:
    """Those that apply to a row, in the order in which they were run."""
    names = pa.array(list(tests), pa.string())
    flags = np.empty((size, len(tests)), np.uint8)
    for i, of in enumerate(tests.values()):
        flags[:, i] = of
    applies = flags != 0
    which = np.nonzero(applies)[1]
    return Ragged(applies.sum(axis=1), (names.take(pa.array(which)), pa.array(flags[applies])))


def _calibrations(plan: SeriesPlan, segment: Index, measured: NDArray[np.bool_]) -> Ragged:
    """The ids of the stages; none made what is missing."""
    chains = [[stage.id for stage in s.stages] for s in plan.segments]
    size = np.array([len(chain) for chain in chains], np.int64)
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(size)])[:-1]
    ids = pa.array([name for chain in chains for name in chain], pa.string())
    length = np.where(measured, size[segment], 0)
    which = _ranges(first[segment], length)
    return Ragged(length, (ids.take(pa.array(which)),))


def _ranges(first: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """``first``, ``first + 1``, … of each, ``length`` of them, one behind the other."""
    total = np.cumsum(length)
    begin = np.repeat(total - length, length)
    return np.repeat(first, length) + np.arange(len(begin)) - begin


def sliced(column: Entries, here: slice) -> Entries:
    """The tables of some windows."""
    first = column.first[here.start : here.stop + 1]
    if not len(first):
        first = np.zeros(1, np.intp)
    inside = slice(first[0], first[-1])
    return Entries(first - first[0], column.key[inside], column.number[inside])


def _levels(column: Entries) -> dict[str, Column]:
    length = np.diff(column.first).astype(np.int64)
    tenths = pa.array(column.key.astype(np.int64))
    return {
        "levels": Ragged(length, (tenths,)),
        "level_counts": Ragged(length, (pa.array(column.number.astype(np.int64)),)),
    }


def _states(column: Entries) -> dict[str, Column]:
    names = pa.array([f"{key:.0f}" for key in column.key.tolist()], pa.string())
    length = np.diff(column.first).astype(np.int64)
    return {"states": Ragged(length, (names, pa.array(column.number)))}


_TABLES: Mapping[str, Callable[[Entries], dict[str, Column]]] = {
    "levels": _levels,
    "states": _states,
}
