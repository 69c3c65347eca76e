"""Windows of a quarter of an hour and of an hour: sufficient statistics, so that anything coarser
is exact.

Both are made of the samples, the hour not of its quarters, and sums are added in time order with
the same operations everywhere: live and batch give the same bits. Statistics are over the usable
values, those with flag 1 or 2. One file for each way to combine them; which of them a series has
is told by the kind of its property.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streams.quality import Instants
from streams.windows import angles, counters, held, levels
from streams.windows.line import HOLD_MAX, Line, hold
from streams.windows.moments import counts, moments
from streams.windows.slots import NONE, Column, Entries, Pairs, Slots, slots, window_starts

__all__ = (
    "DURATIONS",
    "HELD",
    "HOLD_MAX",
    "NONE",
    "Entries",
    "Line",
    "Pairs",
    "Windows",
    "hold",
    "window_starts",
    "windows",
)

DURATIONS = (900, 3600)
"""Seconds; each divides a day, so that no window lies on two."""

HELD = frozenset({"instantaneous", "state"})
"""Kinds whose values last until the next one."""

Combine = Callable[[Slots], dict[str, Column]]


@dataclass(frozen=True)
class Windows:
    """The windows of one ``duration``, seconds, of one series.

    ``start`` in UTC microseconds, ascending; ``columns`` by the names of the wire, none for what
    does not apply to the kind. NaN and :data:`NONE` are what is not there.
    """

    duration: int
    start: Instants
    columns: dict[str, Column]


def windows(line: Line, kind: str) -> tuple[Windows, ...]:
    """The windows of a series, by duration."""
    ways = [lambda s: counts(line, s), lambda s: moments(line, s), *_OWN.get(kind, _none)(line)]
    found = []
    for duration in DURATIONS:
        of = slots(line, duration, kind in HELD)
        columns = {name: column for way in ways for name, column in way(of).items()}
        found.append(Windows(duration, of.start, columns))
    return tuple(found)


def _none(_line: Line) -> list[Combine]:
    return []


def _level(line: Line) -> list[Combine]:
    powers = levels.energies(line.x)
    return [lambda s: levels.energy(line, s, powers), lambda s: levels.histogram(line, s)]


def _index(line: Line) -> list[Combine]:
    steps = counters.steps(line)
    return [lambda s: counters.increase(s, steps)]


def _angle(line: Line) -> list[Combine]:
    vectors = angles.vectors(line.x)
    return [lambda s: angles.direction(s, vectors)]


def _instantaneous(line: Line) -> list[Combine]:
    return [lambda s: held.held(line, s)]


def _state(line: Line) -> list[Combine]:
    return [*_instantaneous(line), lambda s: held.states(line, s)]


_OWN: Mapping[str, Callable[[Line], list[Combine]]] = {
    "level": _level,
    "index": _index,
    "angle": _angle,
    "instantaneous": _instantaneous,
    "state": _state,
}
"""What is done once for all durations, then for each of them."""
