"""The instant of a row: what a logger's clock showed, in UTC.

A clock that follows summer time shows an hour twice in autumn and leaves one out in spring. Which
of the two is meant cannot be seen in a row: the mapping says it or the row is refused.

Source: PEP 495 (fold); IANA time zone database; RFC 3339.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors import rfc3339
from streams.errors import Skip
from streams.inventory import micros
from streams.inventory.sources import TableMapping

_YEAR_10000 = 253_402_300_800_000_000
_TEXT_MAX = 64
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,20})?", re.ASCII)
_UNITS = {"s": 1_000_000, "ms": 1000, "us": 1}


def clock(mapping: TableMapping) -> Callable[[str], int]:
    """How to read a time of this table: its text to UTC microseconds.

    The function raises Skip: ``no_time``, ``ambiguous_time`` where the clock shows that hour
    twice, ``nonexistent_time`` where it leaves it out.
    """
    zone = ZoneInfo(mapping.timezone)

    def read(text: str) -> int:
        try:
            at = _read(text, mapping, zone)
        except (ValueError, OverflowError) as e:
            raise Skip("no_time", f"{text[:60]!r} is no time as {mapping.format}") from e
        if not 0 <= at < _YEAR_10000:
            raise Skip("no_time", f"{text[:60]!r} lies before 1970 or after 9999")
        return at

    return read


def _read(text: str, mapping: TableMapping, zone: ZoneInfo) -> int:
    if len(text) > _TEXT_MAX:
        raise ValueError("longer than any time")
    if mapping.format == "rfc3339":
        return rfc3339.micros(text)
    if mapping.format in _UNITS:
        if not _NUMBER.fullmatch(text):
            raise ValueError("not a number of digits and a point")
        return int(Decimal(text) * _UNITS[mapping.format])
    at = datetime.strptime(text, mapping.format)  # noqa: DTZ007
    return micros(at if at.tzinfo else _utc(at, zone, mapping.ambiguous))


def _utc(at: datetime, zone: ZoneInfo, ambiguous: str) -> datetime:
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    if before < after:
        raise Skip(
            "nonexistent_time",
            f"no clock in {zone.key} shows {at}: if this one has winter time all year, its "
            "timezone is such as Etc/GMT-1",
        )
    if before > after and ambiguous == "refuse":
        raise Skip(
            "ambiguous_time",
            f"clocks in {zone.key} show {at} twice: if this one has winter time all year, its "
            "timezone is such as Etc/GMT-1, else set ambiguous to earlier or later",
        )
    return (second if ambiguous == "later" else first).astimezone(UTC)
