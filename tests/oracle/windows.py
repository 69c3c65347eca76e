"""The window rows that follow from the observation rows: quarters of an hour, aligned to UTC."""

from dataclasses import dataclass, field

from tests.oracle.declared import SECOND, Declared
from tests.oracle.observations import Key, Row

DURATION = 900

WindowKey = tuple[str, str, str, int, int]
"""Device, property, channel, start, duration in seconds."""

_COUNT = {1: "good", 2: "unknown", 3: "suspect", 4: "fail", 9: "missing"}


@dataclass
class Window:
    """One row of the view ``window``, but for revision and config version."""

    good: int = 0
    unknown: int = 0
    suspect: int = 0
    fail: int = 0
    missing: int = 0
    total: float = 0.0
    squares: float = 0.0
    least: float | None = None
    greatest: float | None = None
    first: float | None = None
    last: float | None = None
    energy: float | None = field(default=None)
    exposure: float | None = field(default=None)


def windows(rows: dict[Key, Row], declared: Declared) -> dict[WindowKey, Window]:
    """Every window that holds a row, by key."""
    found: dict[WindowKey, Window] = {}
    for key in sorted(rows):
        device, name, channel, at = key
        start = at - at % (DURATION * SECOND)
        level = declared.properties[name].get("kind") == "level"
        window = found.setdefault((device, name, channel, start, DURATION), Window())
        if level and window.energy is None:
            window.energy = window.exposure = 0.0
        row = rows[key]
        count = _COUNT[row.flag]
        setattr(window, count, getattr(window, count) + 1)
        if row.flag in (1, 2) and row.value is not None:
            _add(window, row.value, declared.devices[device]["nominal_period"])
    return found


def _add(window: Window, value: float, seconds: float) -> None:
    window.total += value
    window.squares += value * value
    window.least = value if window.least is None else min(window.least, value)
    window.greatest = value if window.greatest is None else max(window.greatest, value)
    window.first = value if window.first is None else window.first
    window.last = value
    if window.energy is not None and window.exposure is not None:
        window.energy += 10.0 ** (value / 10.0) * seconds
        window.exposure += seconds
