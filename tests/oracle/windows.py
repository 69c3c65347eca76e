"""The window rows that follow from the observation rows: quarters and hours, aligned to UTC."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.declared import SECOND, Declared, valid
from tests.oracle.observations import Key, Row, profile

DURATIONS = 900, 3600
HOLD_MAX = 3 * 3600 * SECOND

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
    first_at: int | None = None
    last_at: int | None = None
    energy: float | None = None
    exposure: float | None = None
    held: float | None = None
    area: float | None = None
    increase: float | None = None
    resets: int = 0
    rollovers: int = 0
    sines: float | None = None
    cosines: float | None = None
    states: dict[str, float] = field(default_factory=dict)
    levels: list[int] = field(default_factory=list)
    level_counts: list[int] = field(default_factory=list)


_OWN = {
    "level": ("energy", "exposure"),
    "index": ("increase",),
    "angle": ("sines", "cosines"),
    "instantaneous": ("held", "area"),
    "state": ("held", "area"),
}
"""What a window of that kind has, nought where nothing was added."""


def windows(rows: dict[Key, Row], declared: Declared) -> dict[WindowKey, Window]:
    """Every window that holds a row, or time between two rows, by key."""
    series: dict[tuple[str, str, str], list[tuple[int, Row]]] = {}
    for key in sorted(rows):
        series.setdefault(key[:3], []).append((key[3], rows[key]))
    found: dict[WindowKey, Window] = {}
    for name, line in series.items():
        for duration in DURATIONS:
            for start, window in _windows(name, line, duration, declared).items():
                found[(*name, start, duration)] = window
    return found


def _windows(
    series: tuple[str, str, str], line: list[tuple[int, Row]], duration: int, declared: Declared
) -> dict[int, Window]:
    kind = declared.properties[series[1]].get("kind", "instantaneous")
    length = duration * SECOND
    found: dict[int, Window] = {}

    def of(at: int) -> Window:
        start = at - at % length
        if start not in found:
            found[start] = Window()
            for name in _OWN.get(kind, ()):
                setattr(found[start], name, 0.0)
        return found[start]

    before: tuple[int, float] | None = None
    for at, row in line:
        window = of(at)
        count = _COUNT[row.flag]
        setattr(window, count, getattr(window, count) + 1)
        if row.flag not in (1, 2) or row.value is None:
            continue
        period = _period(series[0], at, declared)
        _add(window, at, row.value, kind, period)
        if kind in ("instantaneous", "state") and before is not None:
            longest = min(round(2.5 * _period(series[0], before[0], declared) * SECOND), HOLD_MAX)
            if at - before[0] <= longest:
                for since, until in _cut(before[0], at, length):
                    _hold(of(since), before[1], until - since, kind)
        if kind == "index" and before is not None and of(before[0]) is window:
            _step(window, before[1], row.value, _modulus((*series, at), declared))
        before = at, row.value
    if kind == "state":
        for window in found.values():
            window.states = {k: window.states[k] / SECOND for k in window.states}
    for window in found.values():
        if window.held is not None:
            window.held /= SECOND
    return found


def _add(window: Window, at: int, value: float, kind: str, period: float) -> None:
    window.total += value
    window.squares += value * value
    window.least = value if window.least is None else min(window.least, value)
    window.greatest = value if window.greatest is None else max(window.greatest, value)
    if window.first_at is None:
        window.first, window.first_at = value, at
    window.last, window.last_at = value, at
    if kind == "level":
        assert window.energy is not None
        assert window.exposure is not None
        window.energy += 10.0 ** (value / 10.0) * period
        window.exposure += period
        if period <= 1.0:
            _count(window, math.floor(value * 10.0 + 0.5))
    if kind == "angle":
        assert window.sines is not None
        assert window.cosines is not None
        window.sines += math.sin(math.radians(value))
        window.cosines += math.cos(math.radians(value))


def _count(window: Window, tenths: int) -> None:
    counts = dict(zip(window.levels, window.level_counts, strict=True))
    counts[tenths] = counts.get(tenths, 0) + 1
    window.levels = sorted(counts)
    window.level_counts = [counts[level] for level in window.levels]


def _cut(since: int, until: int, length: int) -> Iterator[tuple[int, int]]:
    """An interval in pieces that lie in one window each."""
    while since < until:
        border = min(until, since - since % length + length)
        yield since, border
        since = border


def _hold(window: Window, value: float, micros: int, kind: str) -> None:
    """Microseconds, until all are added."""
    assert window.held is not None
    assert window.area is not None
    window.held += micros
    window.area += value * (micros / SECOND)
    if kind == "state":
        state = str(math.floor(value + 0.5))
        window.states[state] = window.states.get(state, 0) + micros


def _step(window: Window, before: float, value: float, modulus: float | None) -> None:
    assert window.increase is not None
    if modulus is not None and before > 0.9 * modulus and value < 0.1 * modulus:
        window.increase += value - before + modulus
        window.rollovers += 1
    elif value < before:
        window.increase += max(value, 0.0)
        window.resets += 1
    else:
        window.increase += value - before


def _period(device: str, at: int, declared: Declared) -> float:
    """The device's, or that of the configuration which is valid then."""
    own = [c for c in declared.configurations if c["device"] == device and valid(c, at)]
    return float((own[-1] if own else declared.devices[device])["nominal_period"])


def _modulus(key: Key, declared: Declared) -> float | None:
    params: Mapping[str, Any] = profile(key, declared).get("counter_index", {})
    return params.get("modulus")
