"""A file of the spool: written and synced by groups, read whole, removed."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from connectors.synced import sync_folder
from connectors.webhook.frames import MARKER, Damaged, Spooled, framed, read

SUFFIX = ".segment"
_NAME = "[0-9]" * 12 + "-" + "[0-9a-f]" * (2 * MARKER)
"""Its sequence and its marker."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A file that is not written any more; ``since`` is its first arrival, milliseconds UTC."""

    path: Path
    size: int
    records: int
    since: int

    def content(self) -> list[Spooled | Damaged]:
        """All that it holds."""
        return content(self.path)


class Writing:
    """A file that is being written."""

    def __init__(self, folder: Path, sequence: int) -> None:
        self._marker = os.urandom(MARKER)
        self.path = folder / f"{sequence:012d}-{self._marker.hex()}{SUFFIX}"
        self._file: BinaryIO = self.path.open("xb", buffering=0)
        self.size = self.records = self.since = 0
        try:
            sync_folder(folder)
        except OSError:
            self._file.close()
            raise

    def append(self, records: Sequence[Spooled]) -> None:
        """Return once the records are on the disk.

        Raises:
            OSError: they are not; those of earlier calls are, and the file must be closed.
        """
        content = b"".join(framed(self._marker, record) for record in records)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(self.size)
            raise
        self.since = self.since or records[0].timestamp
        self.size += len(content)
        self.records += len(records)

    def close(self) -> Segment | None:
        """What was written; None, and no file, where that is nothing."""
        # What counts was synced; whoever finds an empty file removes it.
        with suppress(OSError):
            self._file.close()
            if not self.size:
                remove(self.path)
        return Segment(self.path, self.size, self.records, self.since) if self.size else None


def left(folder: Path) -> list[Segment]:
    """The segments that a former owner of the folder left, the oldest first."""
    return [_found(path) for path in paths(folder)]


def paths(folder: Path) -> list[Path]:
    """The files of the segments of a folder, the oldest first."""
    return sorted(folder.glob(f"{_NAME}{SUFFIX}"))


def content(path: Path) -> list[Spooled | Damaged]:
    """All that a segment's file holds."""
    marker = bytes.fromhex(path.stem.partition("-")[2])
    return list(read(path.read_bytes(), marker))


def remove(path: Path) -> None:
    """Remove a segment for good."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def _found(path: Path) -> Segment:
    """One that cannot be read counts no record: whoever drains it says so."""
    records: list[Spooled] = []
    with suppress(OSError):
        records = [r for r in content(path) if isinstance(r, Spooled)]
    since = records[0].timestamp if records else 0
    return Segment(path, path.stat().st_size, len(records), since)
