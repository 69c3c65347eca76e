"""What is asked to be judged again: devices, spans of time, and why. Pure.

Instants are UTC microseconds, spans ``[since, until)``, days UTC days since 1970.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from connectors import rfc3339
from streams.duration import DAY
from streams.inventory import micros
from streams.reprocess.contract import Selection, Span

ZONE = "Europe/Paris"
"""Where a date begins at midnight."""

LEAST, MOST = -2_208_988_800_000_000, 10_413_791_999_000_000
"""The first and the last instant that a DateTime64(6) of ClickHouse holds."""

ASKED, LATE, DECLARED, DECODED, FINAL = "asked", "late", "declared", "decoded", "final"
"""Why: somebody asks; samples came beyond the live horizon; the inventory has changed, what is
judged or also what is decoded; other devices can be looked at now."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, order=True)
class Asked:
    """A span of one device."""

    device: str
    since: int
    until: int
    why: str

    @property
    def days(self) -> range:
        """The days that it touches."""
        return range(self.since // DAY, -(-self.until // DAY))


@dataclass(frozen=True, order=True)
class PendingDay:
    """A day of a device that waits; ``at`` is when that was last said."""

    device: str
    day: int
    reason: str
    at: int

    @property
    def end(self) -> int:
        """First instant after."""
        return (self.day + 1) * DAY


def instant(text: str) -> int:
    """An RFC 3339 time, or the midnight with which a date begins in Europe/Paris.

    Raises:
        ValueError: it is neither.
    """
    if _DATE.fullmatch(text):
        return micros(datetime.combine(date.fromisoformat(text), time(), ZoneInfo(ZONE)))
    return rfc3339.micros(text)


def asked(
    devices: Iterable[str], span: Span, places: Iterable[tuple[str, int, int]] | None = None
) -> list[Asked]:
    """These devices in a span; ``places`` are where they count only then, None: always."""
    wanted = dict.fromkeys(devices)
    stood = ((d, LEAST, MOST) for d in wanted) if places is None else places
    found = (
        Asked(device, max(span[0], since), min(span[1], until), ASKED)
        for device, since, until in stood
        if device in wanted
    )
    return merged(one for one in found if one.since < one.until)


def of_days(days: Iterable[PendingDay]) -> list[Asked]:
    """The spans of pending days."""
    return merged(Asked(d.device, d.day * DAY, d.end, d.reason) for d in days)


def merged(parts: Iterable[Asked]) -> list[Asked]:
    """Spans of a device that touch, for the same reason, as one."""
    out: list[Asked] = []
    for one in sorted(parts, key=lambda a: (a.device, a.why, a.since)):
        last = out[-1] if out else None
        if last and (last.device, last.why) == (one.device, one.why) and one.since <= last.until:
            out[-1] = replace(last, until=max(last.until, one.until))
        else:
            out.append(one)
    return out


def cut(parts: Iterable[Asked], until: int) -> tuple[list[Asked], list[Asked]]:
    """What the batch may write, and what live owns: it is younger than ``until``."""
    mine, live = [], []
    for one in parts:
        if one.since < until:
            mine.append(replace(one, until=min(one.until, until)))
        if one.until > until:
            live.append(replace(one, since=max(one.since, until)))
    return mine, live


def by_span(parts: Iterable[Asked]) -> Iterator[tuple[Span, list[str]]]:
    """Devices that are asked in the same span, together."""
    groups: dict[Span, dict[str, None]] = {}
    for one in parts:
        groups.setdefault((one.since, one.until), {})[one.device] = None
    for span, devices in sorted(groups.items()):
        yield span, sorted(devices)


def selections(
    parts: Iterable[Asked], properties: frozenset[str] | None = None
) -> Sequence[Selection]:
    """What :func:`streams.reprocess.ranges.tasks` takes."""
    return [Selection(tuple(of), *span, properties) for span, of in by_span(parts)]


def reasons(parts: Iterable[Asked]) -> Mapping[str, int]:
    """How many days of devices, by why."""
    days: dict[str, set[tuple[str, int]]] = {}
    for one in parts:
        days.setdefault(one.why, set()).update((one.device, day) for day in one.days)
    return {why: len(of) for why, of in sorted(days.items())}
