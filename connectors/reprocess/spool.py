"""The frames of a run, on disk: one pass over Kafka serves all its tasks and processes.

It holds measured values for as long as the run is at work, and goes with it.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from streams.reprocess.contract import Span

_TABLE = """
CREATE TABLE frames (device TEXT NOT NULL, since INTEGER, until INTEGER, body BLOB NOT NULL);
CREATE INDEX place ON frames (device, since);
"""
_BETWEEN = "SELECT body FROM frames WHERE device = ? AND since < ? AND until >= ?"
_CHUNK = 5000

Placed = tuple[str, int, int, bytes]
"""Device, the first and the last instant of a frame's samples, and its message on the wire."""


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
            base.executemany("INSERT INTO frames VALUES (?, ?, ?, ?)", chunk)
            base.execute("COMMIT")
            count += len(chunk)
    return count


def between(path: Path, devices: Sequence[str], span: Span) -> Iterator[bytes]:
    """The messages of frames of which a sample may lie in the span."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as base:
        for device in devices:
            for (body,) in base.execute(_BETWEEN, (device, span[1], span[0])):
                yield body


def remove(path: Path) -> None:
    """Take the file away, if there is one."""
    path.unlink(missing_ok=True)


def _chunks(frames: Iterable[Placed]) -> Iterator[list[Placed]]:
    chunk: list[Placed] = []
    for one in frames:
        chunk.append(one)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
