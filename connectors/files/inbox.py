"""The inbox: a folder for each source, whose files are imported once they rest.

``<home>/inbox/<source>/`` is where files are dropped. One that is taken moves to ``.taken`` in it,
so that the next of the same name is another file; from there to ``done`` with its report, or to
``refused`` where something in it was refused. A crash leaves it in one of these places, and the
next look goes on.
"""

import json
import os
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import structlog

from connectors.files.importer import Importer
from connectors.files.report import Report
from streams.inventory import Source
from streams.registry import Registry

log = structlog.get_logger()
TAKEN, PULLED, DONE, REFUSED = ".taken", ".pulled", "done", "refused"
_NAME_MAX = 180
"""Bytes of a file's name: ours may become longer by a number and by ``.report.json``."""

Signature = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


@dataclass
class Inbox:
    """``rest`` is how long a file must not have changed, in seconds."""

    folder: Path
    importer: Importer
    rest: float
    _seen: dict[Path, tuple[Signature, float]] = field(default_factory=dict)
    _told: set[tuple[Path, str]] = field(default_factory=set)

    def look(self, registry: Registry, now: float) -> list[Report]:
        """Take what rests; ``now`` in seconds on a clock that never goes back.

        Raises:
            Retry: Kafka does not acknowledge; the file stays and is taken again.
        """
        reports: list[Report] = []
        present: set[Path] = set()
        for source in registry.all("source").values():
            place = self.folder / source.id
            if not self._usable(place):
                continue
            for path in (*_files(place / PULLED), *_files(place / TAKEN), *_files(place)):
                present.add(path)
                if self._rests(path, now) and (report := self._tried(path, source)):
                    reports.append(report)
            self._strangers(place, {TAKEN, PULLED, DONE, REFUSED}, "links and folders stay here")
        self._seen = {path: seen for path, seen in self._seen.items() if path in present}
        self._strangers(self.folder, registry.all("source"), "no source of this name is declared")
        return reports

    def _usable(self, place: Path) -> bool:
        try:
            for name in (TAKEN, PULLED, DONE, REFUSED, "."):
                (place / name).mkdir(mode=0o700, parents=True, exist_ok=True)
                os.scandir(place / name).close()
        except OSError as e:
            self._tell(place, f"{e.strerror}; make it a folder of the user of this process")
            return False
        return True

    def _rests(self, path: Path, now: float) -> bool:
        try:
            signature = _signature(path.lstat())
        except FileNotFoundError:
            return False
        before = self._seen.get(path)
        if before is None or before[0] != signature:
            self._seen[path] = signature, now
            return path.parent.name == PULLED
        return now - before[1] >= self.rest

    def _tried(self, path: Path, source: Source) -> Report | None:
        """One file that cannot be read or moved holds up no other."""
        try:
            return self._take(path, source)
        except OSError as e:
            self._tell(path, f"{e.strerror}; the user of this process must be able to move it")
            return None

    def _take(self, path: Path, source: Source) -> Report | None:
        """None: it changes still."""
        place = self.folder / source.id
        if path.parent == place:
            path = _moved(path, place / TAKEN)
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            before = _signature(os.fstat(handle))
            report, digest = self.importer.take(file, path.name, source)
            if _signature(os.fstat(handle)) != before:
                return None
        self._put_away(path, place, report)
        self.importer.journal.finished(digest)
        told = {k: v for k, v in report.content().items() if k != "reasons"}
        log.info("imported", reasons=sorted(report.reasons), **told)
        return report

    def _put_away(self, path: Path, place: Path, report: Report) -> None:
        """What was pulled and is on Kafka wholly need not be kept."""
        clean = report.clean or (path.parent.name == PULLED and report.refusal == "empty")
        if clean and path.parent.name == PULLED:
            path.unlink()
            return
        target = _free(place / (DONE if clean else REFUSED), path.name)
        draft = place / TAKEN / ".report"
        draft.write_text(json.dumps(report.content(), indent=1) + "\n", "utf-8")
        draft.replace(target.with_name(f"{target.name}.report.json"))
        path.rename(target)

    def _strangers(self, folder: Path, known: Container[str], why: str) -> None:
        """What is no file that could be taken is left, and said once."""
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name in known or entry.name.startswith("."):
                    continue
                if not entry.is_file(follow_symlinks=False):
                    self._tell(Path(entry.path), why)

    def _tell(self, path: Path, why: str) -> None:
        if (path, why) not in self._told:
            self._told.add((path, why))
            log.warning("left_in_the_inbox", file=str(path), why=why)


def _files(folder: Path) -> Iterator[Path]:
    """Regular files by name; links are not followed, hidden and partial ones are none."""
    with os.scandir(folder) as entries:
        names = sorted(
            entry.name
            for entry in entries
            if entry.is_file(follow_symlinks=False)
            and not entry.name.startswith(".")
            and not entry.name.endswith((".part", ".tmp", "~"))
        )
    return (folder / name for name in names)


def _moved(path: Path, folder: Path) -> Path:
    """Into a folder under a name that is free there and not too long."""
    name = path.name
    raw = os.fsencode(name)
    if len(raw) > _NAME_MAX:
        mark, suffix = sha256(raw).hexdigest()[:12], os.fsencode(path.suffix)[-20:]
        name = os.fsdecode(raw[: _NAME_MAX - 40]) + f"~{mark}" + os.fsdecode(suffix)
    target = _free(folder, name)
    path.rename(target)
    return target


def _free(folder: Path, name: str) -> Path:
    """``a.csv``, else ``a.2.csv`` and so on."""
    target, n = folder / name, 1
    while os.path.lexists(target):
        n += 1
        stem, dot, suffix = name.rpartition(".")
        target = folder / (f"{stem}.{n}.{suffix}" if dot else f"{name}.{n}")
    return target


def _signature(stat: os.stat_result) -> Signature:
    return stat.st_size, stat.st_mtime_ns
