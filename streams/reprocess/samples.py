"""Samples for the judgement: out of stored rows, and out of frames that were decoded again.

A stored row is the one that counted for its instant; where another frame claimed that too its test
``duplicate_conflict`` says so, and the row stands twice among the samples: then the judgement
says it again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from streams.applicable import Key
from streams.erasures import left, spans
from streams.measured import NO_VALUE, Frame, heads, measured, samples
from streams.registry import Registry
from streams.reprocess import arrow
from streams.reprocess.contract import SERIES, Decoded, Samples, Span
from streams.samples import ROW, Rank, Rows, with_rows

CONFLICT = "duplicate_conflict"


COLUMNS = (
    *SERIES,
    *("observed_at", "frame_id", "arrival", "decode_version", "codec_hash"),
    *("raw", "counter", "payload_size", "clock_offset", "tests"),
)
"""Of stored rows, what samples are made of."""


def stored(observations: pa.Table) -> dict[str, dict[Key, Rows]]:
    """The samples of stored rows, tombstones not among them."""
    series, names = arrow.together([observations[name] for name in SERIES])
    rows, twice = _rows(observations), _in_conflict(observations["tests"])
    if not _ordered(series, rows["at"]):
        order = np.lexsort((rows["frame"], rows["at"], series))
        rows, series, twice = rows[order], series[order], twice[order]
    if twice.any():
        rows, series = np.repeat(rows, 1 + twice), np.repeat(series, 1 + twice)
    new = np.flatnonzero(np.diff(series, prepend=-1))
    found: dict[str, dict[Key, Rows]] = {}
    for since, until in pairwise([*new.tolist(), len(rows)]):
        device, name, channel = names[series[since]]
        found.setdefault(device, {})[name, channel] = rows[since:until]
    return found


def _ordered(series: NDArray[np.int64], at: NDArray[np.int64]) -> bool:
    """Whether each series stands in one piece and its instants rise, as the store gives them."""
    same = np.diff(series, prepend=-1) == 0
    pieces = len(series) - int(same.sum())
    rises = np.diff(at, prepend=at[:1]) > 0
    return pieces == series.max(initial=-1) + 1 and bool((rises | ~same).all())


def without_erased(known: Samples, registry: Registry) -> dict[str, dict[Key, Rows]]:
    """What is declared to be erased is not there, whether its rows are still stored or not."""
    found: dict[str, dict[Key, Rows]] = {}
    for device, series in known.items():
        gone = spans(registry, device)
        found[device] = {k: r[~_inside(r["at"], gone)] if gone else r for k, r in series.items()}
    return found


def _rows(table: pa.Table) -> Rows:
    rows = np.empty(len(table), ROW)
    rows["at"] = arrow.whole(table["observed_at"])
    rows["frame"] = arrow.frames(table["frame_id"])
    rows["arrival"] = arrow.whole(table["arrival"])
    rows["version"] = arrow.whole(table["decode_version"])
    rows["codec"] = arrow.whole(table["codec_hash"])
    rows["value"] = arrow.floats(table["raw"])
    rows["counter"] = arrow.whole(table["counter"], -1)
    rows["size"] = arrow.whole(table["payload_size"], -1)
    rows["offset"] = arrow.floats(table["clock_offset"])
    return rows


def _in_conflict(tests: pa.ChunkedArray) -> NDArray[np.int64]:
    of = arrow.one(tests)
    first = of.offsets.to_numpy().astype(np.int64)
    here = pc.equal(of.keys, CONFLICT).to_numpy(zero_copy_only=False).astype(np.int64)
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(here)])
    return np.asarray(total[first[1:]] - total[first[:-1]])


@dataclass
class _Taken:
    """Of each frame of one device the copy that counts, those that hold no sample among them;
    ``gone`` are the spans that are erased."""

    gone: Sequence[Span]
    best: dict[bytes, tuple[Rank, Frame]] = field(default_factory=dict)

    def take(self, frame: Frame) -> None:
        rest = left(frame, self.gone) if self.gone else frame
        if rest is None:
            return
        name, order = frame["frame_id"].rstrip(b"\0"), _rank(frame)
        known = self.best.get(name)
        if known is None or order < known[0]:
            self.best[name] = order, rest

    def rows(self) -> dict[Key, Rows]:
        """Rows of each series, in no order."""
        frames = [frame for _, frame in self.best.values()]
        of: dict[Key, tuple[list[int], list[int], list[float]]] = {}
        for place, frame in enumerate(frames):
            for key, values in measured(frame).items():
                places, instants, numbers = of.get(key) or of.setdefault(key, ([], [], []))
                places += [place] * len(values)
                instants += values
                numbers += values.values()
        head = heads(frames)
        return {key: samples(head, *columns) for key, columns in of.items()}


def decoded(
    known: Samples, of: Decoded, devices: Iterable[str], registry: Registry, read: Span
) -> dict[str, dict[Key, Rows]]:
    """Stored samples with frames of some devices in their places; instants in ``read``.

    Of the copies of a frame the one counts that counts live: the highest decode version, then the
    smallest arrival; a copy that is stored counts likewise, unless it is no better. What is stored
    in a span of which all frames are there, and that none of them has, is gone.
    """
    taken = {device: _Taken(spans(registry, device)) for device in frozenset(devices)}
    for frame in of.frames:
        if (own := taken.get(frame["device"])) is not None:
            own.take(frame)
    found = {device: dict(series) for device, series in known.items()}
    for device, frames in taken.items():
        complete = of.complete.get(device, ())
        found[device] = _joined(known.get(device, {}), frames, complete, read)
    return found


def _rank(frame: Mapping[str, Any]) -> Rank:
    return -frame["decode_version"], frame["arrival"], frame["codec_hash"]


def _joined(
    known: Mapping[Key, Rows], taken: _Taken, complete: Sequence[Span], read: Span
) -> dict[Key, Rows]:
    """The stored samples of one device and those of its frames."""
    better = _better(known.values(), taken)
    for name in better:
        del taken.best[name]
    new = taken.rows()
    new.pop(NO_VALUE, None)
    names, kept = (np.array(sorted(of), "S16") for of in (taken.best, better))
    found: dict[Key, Rows] = {}
    for key in known.keys() | new.keys():
        rows = known.get(key, np.empty(0, ROW))
        whole = _inside(rows["at"], complete)
        replaced = np.isin(rows["frame"], names)
        unseen = whole & ~np.isin(rows["frame"], kept)
        more = new.get(key, np.empty(0, ROW))
        more = more[_inside(more["at"], [read])]
        claimed = rows["at"][replaced & ~whole & _twice(rows)]
        found[key] = _claimed(with_rows(rows[~(replaced | unseen)], more), claimed)
    return found


def _better(known: Iterable[Rows], taken: _Taken) -> set[bytes]:
    """The frames of which what is stored ranks higher than what was decoded."""
    better: set[bytes] = set()
    for rows in known:
        _, first = np.unique(rows["frame"], return_index=True)
        for row in rows[first]:
            name = bytes(row["frame"])
            stored_rank = -int(row["version"]), int(row["arrival"]), int(row["codec"])
            if name in taken.best and stored_rank < taken.best[name][0]:
                better.add(name)
    return better


def _inside(at: NDArray[np.int64], of: Iterable[Span]) -> NDArray[np.bool_]:
    inside = np.zeros(len(at), np.bool_)
    for since, until in of:
        inside |= (at >= since) & (at < until)
    return inside


def _twice(rows: Rows) -> NDArray[np.bool_]:
    same = (rows["at"][1:] == rows["at"][:-1]) & (rows["frame"][1:] == rows["frame"][:-1])
    return np.asarray(np.append(same, False) | np.append(False, same))[: len(rows)]


def _claimed(rows: Rows, instants: NDArray[np.int64]) -> Rows:
    """With rows that stand twice where another frame, which is not at hand, claims the instant."""
    once = np.isin(rows["at"], instants)
    if len(rows):
        same = np.append(rows["at"][1:] == rows["at"][:-1], False)
        once &= ~(same | np.append(False, same[:-1]))
    return rows[np.repeat(np.arange(len(rows)), 1 + once)]
