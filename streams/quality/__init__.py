"""Quality tests on the QARTOD scale, one file each, found by discovery.

Source of flags and precedence: IOC Manuals and Guides 54, volume 3, and the QARTOD manuals of
the U.S. Integrated Ocean Observing System.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

GOOD, UNKNOWN, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9

Flags = NDArray[np.uint8]
Floats = NDArray[np.float64]
Instants = NDArray[np.int64]

SECOND = 1_000_000
LONGEST = 366 * 86_400.0
"""Seconds: no test looks further."""


class Params(BaseModel):
    """Parameters of a test; unknown ones are refused. Durations are seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Columns:
    """One series in time order, one row a sample.

    ``time`` and ``arrival`` are UTC microseconds, ``value`` is NaN where missing, ``counter`` is
    -1 where there is none. Where the series of many devices stand one behind another, ``time`` is
    where they lie in that line, far enough from each other, and ``utc`` is when they were measured:
    a test that asks for the date or for the arrival takes :attr:`at`.

    ``siblings`` are by name what else is known at the same samples, NaN where it is not: other
    properties of the device, and what is not a property but told with the uplink, ``payload_size``
    (bytes) and ``clock_offset`` (seconds that the device's clock is ahead of the network server's).
    ``peers`` are the same property of other devices.
    """

    time: Instants
    arrival: Instants
    value: Floats
    counter: Instants
    siblings: Mapping[str, Floats] = field(default_factory=dict)
    peers: Mapping[str, Floats] = field(default_factory=dict)
    utc: Instants | None = None

    @property
    def at(self) -> Instants:
        """When each sample was measured, UTC microseconds."""
        return self.time if self.utc is None else self.utc

    def sibling(self, name: str) -> Floats:
        """The sibling's values, all NaN where there is none of that name."""
        found = self.siblings.get(name)
        return np.full(len(self.time), np.nan) if found is None else found


Numbers = Mapping[str, Any]
"""What a test has found by name: plain numbers, None where there is none."""


def _nothing(_params: Any) -> int:
    return 0


def _none(_params: Any) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class QualityTest:
    """``check(columns, params)`` gives one flag a sample, MISSING where the value is.

    ``look_back`` and ``look_ahead`` say, in microseconds for given parameters, how far from a
    sample lie the samples that its flag may depend on. ``inputs`` names the siblings that it
    reads; without them it says UNKNOWN. With ``peers`` it compares with other devices, which a
    worker does not hold: UNKNOWN live, judged when the day is settled. ``explain(columns, params,
    i)`` gives the numbers from which the flag of sample ``i`` follows, by the same code.
    """

    name: str
    params: type[Params]
    check: Callable[[Columns, Any], Flags]
    look_back: Callable[[Any], int] = _nothing
    look_ahead: Callable[[Any], int] = _nothing
    inputs: Callable[[Any], tuple[str, ...]] = _none
    peers: bool = False
    explain: Callable[[Columns, Any, int], Numbers] | None = None

    def told(self, columns: Columns, params: Any, i: int) -> Numbers:
        """The numbers behind the flag of sample ``i``; where the test has no words of its own,
        everything that it may have looked at."""
        if self.explain is not None:
            return self.explain(columns, params, i)
        since = columns.time[i] - self.look_back(params)
        until = columns.time[i] + self.look_ahead(params)
        near = np.flatnonzero((columns.time >= since) & (columns.time <= until)).tolist()
        beside = {name: columns.sibling(name) for name in self.inputs(params)}
        return {
            "times": columns.time[near].tolist(),
            **{name: [number(x[k]) for k in near] for name, x in beside.items()},
            "values": [number(columns.value[k]) for k in near],
        }


def number(value: Any) -> float | None:
    """A number of an array as it is said: None where it is NaN."""
    return None if np.isnan(value) else float(value)


def micros(seconds: float) -> int:
    """Whole microseconds."""
    return round(seconds * SECOND)


def graded(deviation: Floats, suspect: float | None, fail: float | None) -> Flags:
    """SUSPECT and FAIL strictly above a threshold, UNKNOWN where NaN; None is no threshold."""
    flags = np.full(len(deviation), GOOD, np.uint8)
    if suspect is not None:
        flags[deviation > suspect] = SUSPECT
    if fail is not None:
        flags[deviation > fail] = FAIL
    flags[np.isnan(deviation)] = UNKNOWN
    return flags


def outside(value: Floats, span: tuple[float, float]) -> NDArray[np.bool_]:
    """Below the first or above the second; the bounds themselves are inside, NaN is too."""
    return (value < span[0]) | (value > span[1])


_RANK = np.zeros(10, np.uint8)
_RANK[[MISSING, UNKNOWN, GOOD, SUSPECT, FAIL]] = 1, 2, 3, 4, 5
_FLAG = np.array([UNKNOWN, MISSING, UNKNOWN, GOOD, SUSPECT, FAIL], np.uint8)


def aggregate(tests: Iterable[Flags], missing: NDArray[np.bool_]) -> Flags:
    """The flag of each row: precedence 9 < 2 < 1 < 3 < 4, a missing value always 9.

    A flag of 0 says that the test does not apply to the row; where none applies the row is
    UNKNOWN.
    """
    rank = np.zeros(len(missing), np.uint8)
    for flags in tests:
        np.maximum(rank, _RANK[flags], out=rank)
    return np.where(missing, np.uint8(MISSING), _FLAG[rank])
