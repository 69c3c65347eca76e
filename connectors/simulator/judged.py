"""The flags that the frames of one sensor must get, in plain loops written from the norm.

Nothing of the judgement that is compared with this is used here.

Sources: QARTOD manuals of the U.S. Integrated Ocean Observing System (gross range, spike, flat
line); IOC Manuals and Guides 54, volume 3 (flags and their precedence).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor

from connectors.simulator.city import Sensor
from connectors.simulator.plan import Frame
from streams.duration import SECOND

GOOD, UNKNOWN, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9
_PRECEDENCE = (MISSING, UNKNOWN, GOOD, SUSPECT, FAIL)
_SPANNED = 0.9

Series = Sequence["Sample"]
Params = Mapping[str, float | tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A value at an instant, UTC microseconds; None where the device reports none."""

    at: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """A judged sample: the flag of every test and of the row."""

    sensor: Sensor
    at: int
    value: float | None
    tests: Mapping[str, int]
    flag: int

    @property
    def counts(self) -> bool:
        """Whether indicators use it."""
        return self.flag in (GOOD, UNKNOWN)


def judged(sensor: Sensor, frames: Sequence[Frame]) -> list[Row]:
    """The rows of one sensor's readable frames, in time order."""
    series = [Sample(f.observed_at, _value(sensor, f.tenths)) for f in frames if f.intact]
    series.sort(key=lambda sample: sample.at)
    rows = []
    for n, sample in enumerate(series):
        tests = {t: _TESTS[t](series, n, p) for t, p in sensor.model.tests.items()}
        flag = max(tests.values(), key=_PRECEDENCE.index)
        missing = sample.value is None
        rows.append(Row(sensor, sample.at, sample.value, tests, MISSING if missing else flag))
    return rows


def _value(sensor: Sensor, tenths: int | None) -> float | None:
    """Corrected, and rounded to a tenth of the resolution of 0.1."""
    if tenths is None:
        return None
    offset, slope = sensor.calibration or (0.0, 1.0)
    return floor((offset + slope * (tenths / 10)) * 100 + 0.5) / 100


def _number(params: Params, name: str) -> float:
    value = params[name]
    assert isinstance(value, float)  # noqa: S101  the parameters are ours, in models.py
    return value


def _gross_range(series: Series, n: int, params: Params) -> int:
    x = series[n].value
    for name, flag in (("fail", FAIL), ("suspect", SUSPECT)):
        span = params[name]
        if x is not None and isinstance(span, tuple) and not span[0] <= x <= span[1]:
            return flag
    return GOOD if x is not None else MISSING


def _spike(series: Series, n: int, params: Params) -> int:
    """Distance of a sample from the middle of its two neighbours, both near enough."""
    here = series[n]
    if here.value is None:
        return MISSING
    if n in (0, len(series) - 1):
        return UNKNOWN
    before, after = series[n - 1], series[n + 1]
    farthest = _number(params, "max_gap") * SECOND
    if before.value is None or here.at - before.at > farthest:
        return UNKNOWN
    if after.value is None or after.at - here.at > farthest:
        return UNKNOWN
    distance = abs(here.value - (before.value + after.value) / 2)
    if distance > _number(params, "fail"):
        return FAIL
    return SUSPECT if distance > _number(params, "suspect") else GOOD


def _flat_line(series: Series, n: int, params: Params) -> int:
    """Whether the last hours, where they are covered, hold one value only."""
    if series[n].value is None:
        return MISSING
    flag = UNKNOWN
    for name, when_flat in (("suspect", SUSPECT), ("fail", FAIL)):
        threshold = _number(params, name) * SECOND
        window = []
        for m in range(n, -1, -1):
            if series[m].at <= series[n].at - threshold:
                break
            if series[m].value is not None:
                window.append(series[m])
        if window[0].at - window[-1].at < _SPANNED * threshold:
            continue
        values = [s.value for s in window if s.value is not None]
        if max(values) - min(values) < _number(params, "tolerance"):
            flag = when_flat
        elif flag == UNKNOWN:
            flag = GOOD
    return flag


_TESTS: Mapping[str, Callable[[Series, int, Params], int]] = {
    "gross_range": _gross_range,
    "spike": _spike,
    "flat_line": _flat_line,
}
