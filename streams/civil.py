"""Civil time of instants: the hour on the wall, the weekday, the month, in a time zone."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from streams.duration import DAY, HOUR, SECOND

Instants = NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_KEPT = 1 << 16
_THURSDAY = 3
"""1970-01-01 was one; Monday is 0."""


def instant(at: datetime) -> int:
    """UTC microseconds since 1970, exact; a time without an offset is taken as UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def wall(time: Instants, zone: str) -> Instants:
    """What clocks of the zone show at UTC microseconds, as microseconds since 1970-01-01 00:00.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: there is no such zone.
        OverflowError: an instant outside the years 1 to 9999.
    """
    where = ZoneInfo(zone)
    days = np.unique(time // DAY)
    changes = [c for day in days.tolist() for c in _changes(where, day)]
    if not changes:
        return time.copy()
    at, offset = (np.array(column, np.int64) for column in zip(*changes, strict=True))
    return time + offset[np.searchsorted(at, time, side="right") - 1]


@lru_cache(maxsize=_DAYS_KEPT)
def _changes(zone: ZoneInfo, day: int) -> tuple[tuple[int, int], ...]:
    """From when which offset holds within a day of UTC, in microseconds."""
    start, end = day * DAY, (day + 1) * DAY
    before, after = _offset(zone, start), _offset(zone, end - SECOND)
    if before == after:
        return ((start, before),)
    low, high = start // SECOND, end // SECOND - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle * SECOND) == before else (low, middle)
    return (start, before), (high * SECOND, after)


def _offset(zone: ZoneInfo, at: int) -> int:
    found = (_EPOCH + timedelta(microseconds=at)).astimezone(zone)
    return (found.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _days(local: Instants) -> Instants:
    return local // DAY


def _hour(local: Instants) -> Instants:
    return local % DAY // HOUR


def _weekday(local: Instants) -> Instants:
    return (_days(local) + _THURSDAY) % 7


def _calendar(unit: str, days: Instants) -> Instants:
    """Years or months since 1970 of days since 1970-01-01."""
    return days.astype("datetime64[D]").astype(f"datetime64[{unit}]").astype(np.int64)


def _year(local: Instants) -> Instants:
    return 1970 + _calendar("Y", _days(local))


def _month(local: Instants) -> Instants:
    return _calendar("M", _days(local)) % 12 + 1


def _quarter(local: Instants) -> Instants:
    return (_month(local) + 2) // 3


def _into_year(days: Instants) -> Instants:
    first = days.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]")
    return days - first.astype(np.int64)


def _dayofyear(local: Instants) -> Instants:
    return _into_year(_days(local)) + 1


def _week(local: Instants) -> Instants:
    """ISO 8601: the week belongs to the year of its Thursday."""
    thursday = _days(local) - _weekday(local) + _THURSDAY
    return _into_year(thursday) // 7 + 1


PARTS: Mapping[str, Callable[[Instants], Instants]] = {
    "year": _year,
    "quarter": _quarter,
    "month": _month,
    "week": _week,
    "dayofyear": _dayofyear,
    "dayofweek": _weekday,
    "hour": _hour,
}
"""Of what ``wall`` gives: integers, counted as pandas does (Monday is 0, January is 1)."""
