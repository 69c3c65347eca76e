"""The core agrees with the oracle, and one wrong sign makes it disagree: the oracle can fail."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest

from streams.calibration.linear import LINEAR
from streams.quality.aligned import aligned
from streams.segment import KINDS, TESTS
from streams.siblings import Together
from streams.windows import Entries, Line, Windows
from streams.windows import windows as right
from tests.agreement.core import Core, record, registry
from tests.agreement.test_any_order import DEVICES, MIDNIGHT, NORM, REGISTRY
from tests.chaos.plan import Plan, plan
from tests.oracle.declared import SECOND, Frame, Measure
from tests.oracle.differences import differences
from tests.oracle.observations import observations
from tests.oracle.windows import Window, WindowKey, windows

HORIZON = 48 * 3600 * SECOND


@pytest.fixture(scope="module")
def small() -> Plan:
    """The frames of twenty devices, as a chaos run posts them."""
    return plan(seed=7, devices=20, slots=30)


def _disagreement(plan: Plan) -> list[str]:
    frames = list(plan.frames)
    norm = plan.city.norm()
    expected = observations(frames, norm)
    core = Core(registry(plan.city.inventory()), HORIZON)
    Random(1).shuffle(frames)
    for first in range(0, len(frames), 50):
        core.run([record(frame) for frame in frames[first : first + 50]])
    said = core.said
    return [
        *differences(expected, said.current("Observation")),
        *differences(windows(expected, norm), said.current("Window")),
        *said.faults,
    ]


def test_the_core_says_what_the_oracle_says(small: Plan) -> None:
    assert _disagreement(small) == []


def _slope(monkeypatch: pytest.MonkeyPatch) -> None:
    def apply(x: Any, params: Any) -> Any:
        return params.a - params.b * x

    wrong = {**KINDS, "linear": replace(LINEAR, apply=apply)}
    monkeypatch.setattr("streams.segment.KINDS", wrong)


def _spike(monkeypatch: pytest.MonkeyPatch) -> None:
    right = TESTS["spike"].check

    def check(columns: Any, params: Any) -> Any:
        """|x + (x₋ + x₊)/2|: with every second value negated, the minus becomes a plus."""
        sign = np.where(np.arange(len(columns.value)) % 2, 1.0, -1.0)
        return right(replace(columns, value=columns.value * sign), params)

    monkeypatch.setitem(TESTS, "spike", replace(TESTS["spike"], check=check))


def _range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.chain.MARGIN", -0.1)


def _tie(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two samples of a sibling that are as near, the later one."""

    def later(time: Any, other: Any, value: Any, within: int) -> Any:
        return aligned(-time[::-1], -other[::-1], value[::-1], within)[::-1]

    monkeypatch.setattr("streams.chain.aligned", later)


def _unlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sibling's values count, whatever their flags."""
    monkeypatch.setattr(Together, "usable", Together._values)


def _humble(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict that does not win."""
    monkeypatch.setattr("streams.judge._overruled", lambda flag, *_: flag)


def _beside() -> list[Frame]:
    """A device whose sound is corrected by its level, which is good, suspect or as near twice."""
    level = [(0, 50.0), (300, 52.0), (600, 51.0), (3000, 95.0)]
    sound = [(0, 60.0), (150, 61.0), (450, 62.0), (600, 63.0), (3000, 64.0), (3900, 65.0)]
    series = [("level", *one) for one in level] + [("sound", *one) for one in sound]
    return [
        Frame(bytes([n, of]) * 8, d, at + SECOND, at, (Measure(name, value),))
        for of, d in enumerate(DEVICES)
        for n, (name, seconds, value) in enumerate(series, 1)
        for at in (MIDNIGHT + seconds * SECOND,)
    ]


def _beside_disagreement() -> list[str]:
    core = Core(REGISTRY, HORIZON)
    core.run([record(frame) for frame in _beside()])
    rows = observations(_beside(), NORM)
    return differences(rows, core.said.current("Observation"))


def test_the_core_says_what_the_oracle_says_of_series_that_need_each_other() -> None:
    assert _beside_disagreement() == []


@pytest.mark.parametrize("mutate", [_tie, _unlooked, _humble])
def test_one_wrong_choice_is_seen(
    monkeypatch: pytest.MonkeyPatch, mutate: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutate(monkeypatch)
    assert _beside_disagreement()


def _every_kind() -> list[Frame]:
    """Two hours of all that there is, with a gap, at odd instants."""
    lines = {
        "level": [40.0, 41.0, 43.5, 42.0],
        "sound": [60.0, 61.3, 62.0, 61.3],
        "meter": [20.0, 97.0, 3.0, 1.0, 4.0],
        "wind": [350.0, 10.0, 90.0, 200.5],
        "lamp": [0.0, 1.0, 1.0, 0.0, 2.0],
    }
    instants = [MIDNIGHT + (290 * n + n * n) * SECOND for n in range(24) if n != 9]
    instants += [at - 2 * SECOND for at in instants]
    return [
        Frame(
            bytes([n, of]) * 8,
            device,
            at + SECOND,
            at,
            tuple(Measure(name, line[n % len(line)]) for name, line in lines.items()),
        )
        for of, device in enumerate(DEVICES)
        for n, at in enumerate(instants, 1)
    ]


@cache
def _windows_of_every_kind() -> dict[WindowKey, Window]:
    return windows(observations(_every_kind(), NORM), NORM)


def _window_disagreement() -> list[str]:
    core = Core(REGISTRY, HORIZON)
    core.run([record(frame) for frame in _every_kind()])
    return differences(_windows_of_every_kind(), core.said.current("Window"))


def test_the_core_says_what_the_oracle_says_of_windows_of_every_kind() -> None:
    assert _window_disagreement() == []


STATISTICS = [f.name for f in fields(Window) if f.name not in ("level_counts", "missing")]


@pytest.mark.parametrize("name", STATISTICS)
def test_one_wrong_statistic_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Of every window by one more than it is, of a table the number beside each key."""

    def wrong(line: Line, kind: str) -> tuple[Windows, ...]:
        found = right(line, kind)
        for of in found:
            if name in of.columns:
                column = of.columns[name]
                if isinstance(column, Entries):
                    of.columns[name] = replace(column, number=column.number + 1)
                else:
                    of.columns[name] = column + 1
        return found

    monkeypatch.setattr("streams.judge.windows", wrong)
    lines = _window_disagreement()
    assert lines
    assert all(name in line or "level_counts" in line for line in lines)


@pytest.mark.parametrize(
    ("where", "other"),
    [
        ("streams.windows.line._PERIODS", 2.0),
        ("streams.windows.line.HOLD_MAX", 200 * SECOND),
        ("streams.windows.levels.SHORT", 0.5),
        ("streams.windows.DURATIONS", (900, 7200)),
        ("streams.windows.HELD", frozenset({"state"})),
        ("streams.windows.counters.rolled_over", lambda before, x, modulus: before > np.inf),
        ("streams.windows.angles.math.radians", lambda degrees: degrees),
        ("streams.windows.levels.energies", lambda x: 10.0 ** (x / 20.0)),
    ],
)
def test_one_wrong_rule_of_windows_is_seen(
    monkeypatch: pytest.MonkeyPatch, where: str, other: Any
) -> None:
    expected = _windows_of_every_kind()
    monkeypatch.setattr(where, other)
    assert expected
    assert _window_disagreement()


@pytest.mark.parametrize("mutate", [_slope, _spike, _range])
def test_one_wrong_sign_is_seen(
    small: Plan, monkeypatch: pytest.MonkeyPatch, mutate: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutate(monkeypatch)
    assert _disagreement(small)
