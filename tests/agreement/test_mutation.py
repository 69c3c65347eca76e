"""The core agrees with the oracle, and one wrong sign makes it disagree: the oracle can fail."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from streams.calibration.linear import LINEAR
from streams.plan import KINDS, TESTS
from streams.quality.aligned import aligned
from streams.siblings import Together
from tests.agreement.core import Core, record, registry
from tests.agreement.test_any_order import DEVICES, MIDNIGHT, NORM, REGISTRY
from tests.chaos.plan import Plan, plan
from tests.oracle.declared import SECOND, Frame, Measure
from tests.oracle.differences import differences
from tests.oracle.observations import observations
from tests.oracle.windows import windows

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
    monkeypatch.setattr("streams.plan.KINDS", wrong)


def _spike(monkeypatch: pytest.MonkeyPatch) -> None:
    right = TESTS["spike"].check

    def check(columns: Any, params: Any) -> Any:
        """|x + (x₋ + x₊)/2|: with every second value negated, the minus becomes a plus."""
        sign = np.where(np.arange(len(columns.value)) % 2, 1.0, -1.0)
        return right(replace(columns, value=columns.value * sign), params)

    monkeypatch.setitem(TESTS, "spike", replace(TESTS["spike"], check=check))


def _range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.judge.MARGIN", -0.1)


def _tie(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two samples of a sibling that are as near, the later one."""

    def later(time: Any, other: Any, value: Any, within: int) -> Any:
        return aligned(-time[::-1], -other[::-1], value[::-1], within)[::-1]

    monkeypatch.setattr("streams.judge.aligned", later)


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


@pytest.mark.parametrize("mutate", [_slope, _spike, _range])
def test_one_wrong_sign_is_seen(
    small: Plan, monkeypatch: pytest.MonkeyPatch, mutate: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutate(monkeypatch)
    assert _disagreement(small)
