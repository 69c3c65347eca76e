"""What waits in the spools of a home, for whoever asks from outside; it touches nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.webhook.frames import Spooled
from connectors.webhook.segment import content, paths


@dataclass(frozen=True)
class Waiting:
    """The spool of one webhook. ``size`` and ``aside`` are bytes, of what waits for Kafka and of
    what can never be sent; ``since`` is the oldest arrival, milliseconds UTC, None where nothing
    waits."""

    webhook: str
    size: int
    since: int | None
    aside: int


def waiting(home: Path) -> list[Waiting]:
    """The spools of a home in which something lies, by name of their webhooks.

    What a webhook drains meanwhile may or may not be counted.
    """
    folders = sorted(p for p in (home / "data" / "spool").glob("*") if p.is_dir())
    found = (_of(folder) for folder in folders)
    return [spool for spool in found if spool.size or spool.aside]


def _of(folder: Path) -> Waiting:
    segments = paths(folder)
    since = next(_arrivals(segments), None)
    aside = (folder / "aside").glob("*")
    return Waiting(folder.name, sum(map(_size, segments)), since, sum(map(_size, aside)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _arrivals(segments: list[Path]) -> Iterator[int]:
    """Arrivals of what still is there, one segment read at a time."""
    for path in segments:
        try:
            records = content(path)
        except FileNotFoundError:
            continue
        yield from (r.timestamp for r in records if isinstance(r, Spooled))
