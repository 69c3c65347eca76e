"""The times that devices give: read, and believed only where they can be true.

Source: RFC 3339 (times in text).
"""

from datetime import datetime
from typing import Any

from streams.duration import HOUR
from streams.inventory import micros
from streams.inventory.sources import TimeUnit

SANE_SINCE = 946_771_200_000_000
"""2000-01-02T00:00Z: a clock that was never set says 1970, 1980 or the first of January 2000."""

AHEAD_MAX = HOUR
"""How far ahead of its arrival a time may be, microseconds."""

_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_TEXT_MAX = 64


def sane(at: int, arrival: int) -> bool:
    """Whether a time can be that of something that arrived then; both in UTC microseconds."""
    return SANE_SINCE <= at <= arrival + AHEAD_MAX


def instant(said: Any, unit: TimeUnit) -> int | None:
    """UTC microseconds; None where what was said is no time in that unit."""
    try:
        if unit == "rfc3339":
            if not isinstance(said, str) or len(said) > _TEXT_MAX:
                return None
            return micros(datetime.fromisoformat(said))
        if isinstance(said, bool) or not isinstance(said, int | float | str):
            return None
        if isinstance(said, str) and len(said) > _TEXT_MAX:
            return None
        number: int | float = float(said) if isinstance(said, str) else said
        return round(number * _MICROSECONDS[unit])
    except (ValueError, OverflowError):
        return None
