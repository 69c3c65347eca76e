"""The frames of a run, on disk: one pass over Kafka serves all its tasks and processes.

It holds measured values for as long as the run is at work, and goes with it. Who decodes and who
judges are processes of one run and of one Python, and the file is in our own home and its owner's
alone: so frames lie in it as Python's own ``pickle``, many of a device together, which takes a
fifth of the time of messages. (``marshal`` would take less still; it makes bytes of a number of
numpy's without a word.)
"""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from streams.reprocess.contract import Span

_TABLE = """
CREATE TABLE frames (device TEXT NOT NULL, since INTEGER, until INTEGER, body BLOB NOT NULL);
CREATE INDEX place ON frames (device, since);
"""
_BETWEEN = "SELECT body FROM frames WHERE device = ? AND since < ? AND until >= ?"
CHUNK, ROW = 50_000, 200
"""Measures and frames that wait for others of their devices, and the most frames in one row."""

Placed = tuple[str, int, int, Mapping[str, Any]]
"""Device, the first and the last instant of a frame's samples, and the frame."""


def path_of(home: Path, run: str) -> Path:
    """Where the frames of a run lie."""
    return home / "data" / "reprocess" / f"{run}.frames"


def fill(path: Path, frames: Iterable[Placed]) -> int:
    """Make the file anew; how many frames it holds."""
    remove(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLE)
        path.chmod(0o600)
        for chunk in _chunks(frames):
            base.execute("BEGIN")
            base.executemany("INSERT INTO frames VALUES (?, ?, ?, ?)", _rows(chunk))
            base.execute("COMMIT")
            count += len(chunk)
    return count


def between(path: Path, devices: Sequence[str], span: Span) -> Iterator[Mapping[str, Any]]:
    """The frames of which a sample may lie in the span."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as base:
        for device in devices:
            for (body,) in base.execute(_BETWEEN, (device, span[1], span[0])):
                for since, until, frame in pickle.loads(body):  # noqa: S301  our own, as said above
                    if since < span[1] and until >= span[0]:
                        yield frame


def remove(path: Path) -> None:
    """Take the file away, if there is one."""
    path.unlink(missing_ok=True)


def _chunks(frames: Iterable[Placed]) -> Iterator[list[Placed]]:
    chunk: list[Placed] = []
    size = 0
    for one in frames:
        chunk.append(one)
        size += 1 + len(one[3]["measures"])
        if size > CHUNK:
            yield chunk
            chunk, size = [], 0
    yield chunk


def _rows(chunk: Sequence[Placed]) -> Iterator[tuple[str, int, int, bytes]]:
    """The frames of each device, in rows."""
    whose = itemgetter(0)
    for device, of in groupby(sorted(chunk, key=whose), whose):
        frames = [(since, until, frame) for _, since, until, frame in of]
        for first in range(0, len(frames), ROW):
            some = frames[first : first + ROW]
            ends = min(since for since, _, _ in some), max(until for _, until, _ in some)
            yield device, *ends, pickle.dumps(some, pickle.HIGHEST_PROTOCOL)
