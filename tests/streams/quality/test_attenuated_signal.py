"""Attenuated signal against its definition, with Python's exact statistics."""

import math
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.quality.attenuated_signal import ATTENUATED_SIGNAL, AttenuatedSignal
from tests.streams.quality.lines import Line, S, columns, line, there

steps = st.lists(
    st.tuples(st.integers(1, 1500), st.sampled_from([20.0, 20.25, 20.5, 21.0, 23.0, math.nan])),
    max_size=50,
)


def naive(samples: Line, params: AttenuatedSignal) -> list[int]:
    flags = []
    for t, x in samples:
        since = t - params.period * S
        window = [(at, v) for at, v in samples if since < at <= t and there(v)]
        values = [v for _, v in window]
        if not there(x):
            flags.append(9)
        elif 10 * (window[-1][0] - window[0][0]) < 9 * params.period * S:
            flags.append(2)
        else:
            std = params.method == "std"
            strength = pstdev(values) if std else max(values) - min(values)
            flags.append(4 if strength < params.fail else 3 if strength < params.suspect else 1)
    return flags


@pytest.mark.parametrize("method", ["std", "range"])
@given(steps=steps)
def test_equals_its_definition(method: str, steps: list[tuple[float, float]]) -> None:
    params = AttenuatedSignal.model_validate(
        {"period": 4000, "suspect": 0.613, "fail": 0.197, "method": method}
    )
    samples = line(steps)
    assert ATTENUATED_SIGNAL.check(columns(samples), params).tolist() == naive(samples, params)


def test_it_says_nothing_until_the_window_is_spanned() -> None:
    quiet = line([(300, 20.0 + 0.1 * (i % 2)) for i in range(14)])
    params = AttenuatedSignal(period=3600, suspect=1, fail=0.01)
    assert ATTENUATED_SIGNAL.check(columns(quiet), params).tolist() == [2] * 11 + [3] * 3
    stuck = [(t, 20.0) for t, _ in quiet]
    assert ATTENUATED_SIGNAL.check(columns(stuck), params).tolist() == [2] * 11 + [4] * 3


@pytest.mark.parametrize(("method", "strength"), [("std", 0.5), ("range", 1.0)])
def test_a_strength_of_just_the_threshold_is_enough(method: str, strength: float) -> None:
    c = columns(line([(300, float(i % 2)) for i in range(12)]))
    for suspect, fail, flag in ((strength, 0, 1), (2, strength, 3), (strength, strength, 1)):
        params = AttenuatedSignal.model_validate(
            {"period": 3600, "suspect": suspect, "fail": fail, "method": method}
        )
        assert ATTENUATED_SIGNAL.check(c, params)[-1] == flag


def test_a_fail_above_suspect_is_refused() -> None:
    with pytest.raises(ValidationError, match="fail must not be above suspect"):
        AttenuatedSignal(period=3600, suspect=1, fail=2)
