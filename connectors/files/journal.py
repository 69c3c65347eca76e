"""What Kafka has acknowledged of files, so that nothing is sent twice and nothing forgotten.

It may lag behind Kafka by what a crash cut off, never lead: what is sent again then is the same
frame, which counts once. Removing it costs sending again, nothing else.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from connectors.files.report import Report
from streams.errors import Retry, Stop

_TABLES = """
CREATE TABLE IF NOT EXISTS frames (frame BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
  digest BLOB PRIMARY KEY, offset INTEGER, line INTEGER, report TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pulls (source TEXT PRIMARY KEY, until INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE tried (frame BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_ASKED = 500
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on: what lies before is done. ``line`` 0 is the file's beginning."""

    offset: int = 0
    line: int = 0


class Journal:
    """One SQLite file; several processes may use it at once.

    With ``dry`` it forgets at its end what it was told.
    """

    def __init__(self, home: Path, dry: bool = False) -> None:
        self._dry = dry
        path = home / "data" / "import" / "journal.sqlite"
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=_PATIENCE)
            self._base.execute("PRAGMA journal_mode = WAL")
            # A crash of the machine may cost the last transactions: they are sent again.
            self._base.execute("PRAGMA synchronous = NORMAL")
            self._base.executescript(_TABLES)
        except (OSError, sqlite3.Error) as e:
            raise Stop(self._remedy(e)) from e

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._base.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with self._base:
                yield
        except sqlite3.Error as e:
            raise Retry(self._remedy(e)) from e

    def _remedy(self, error: Exception) -> str:
        return (
            f"the journal {self._path} cannot be used ({error}): free its disk, or remove it: then "
            "rows are sent again, and count once"
        )

    def _one(self, query: str, key: bytes | str) -> tuple[Any, ...] | None:
        with self._transaction():
            found: tuple[Any, ...] | None = self._base.execute(query, (key,)).fetchone()
        return found

    def begun(self, digest: bytes, name: str, source: str) -> tuple[Place, Report]:
        """Where the import of a file stopped and what became of it until then."""
        found = self._one("SELECT offset, line, report FROM files WHERE digest = ?", digest)
        if found is None or self._dry:
            return Place(), Report(name, source)
        report = Report.restored(json.loads(found[2]))
        report.file = name
        return Place(found[0], found[1]), report

    def known(self, frames: Sequence[bytes]) -> set[bytes]:
        """Those of the frames that Kafka has."""
        found: set[bytes] = set()
        for start in range(0, len(frames), _ASKED):
            some = frames[start : start + _ASKED]
            marks = ",".join("?" * len(some))
            for table in ("frames", "tried"):
                asked = f"SELECT frame FROM {table} WHERE frame IN ({marks})"  # noqa: S608
                with self._transaction():
                    found.update(frame for (frame,) in self._base.execute(asked, some))
        return found

    def acknowledged(
        self, digest: bytes, place: Place, report: Report, frames: Iterable[bytes]
    ) -> None:
        """Kafka has all of a file before a place, these frames among it."""
        table = "tried" if self._dry else "frames"
        with self._transaction():
            self._base.executemany(
                f"INSERT OR IGNORE INTO {table} VALUES (?)",  # noqa: S608
                ((frame,) for frame in frames),
            )
            if self._dry:
                return
            self._base.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)",
                (digest, place.offset, place.line, json.dumps(report.content())),
            )

    def finished(self, digest: bytes) -> None:
        """The report was handed on: the next import of this file begins anew."""
        with self._transaction():
            self._base.execute("DELETE FROM files WHERE digest = ?", (digest,))

    def pulled(self, source: str) -> int | None:
        """Until when a source has been asked, UTC microseconds."""
        found = self._one("SELECT until FROM pulls WHERE source = ?", source)
        return None if found is None else int(found[0])

    def pull(self, source: str, until: int) -> None:
        """A source has been asked until then; the answer is safe."""
        with self._transaction():
            self._base.execute("INSERT OR REPLACE INTO pulls VALUES (?, ?)", (source, until))
