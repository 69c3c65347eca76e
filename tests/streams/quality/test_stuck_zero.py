"""Stuck zero: silence that is unlikely at that hour of that weekday."""

import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.quality.stuck_zero import STUCK_ZERO, StuckZero
from tests.streams.quality.lines import HOUR, MONDAY, Line, S, columns, line

PROFILE = [[0.0 if h < 6 else 0.7 + 0.31 * h + 0.17 * day for h in range(24)] for day in range(7)]
PARAMS = StuckZero.model_validate({"profile": PROFILE, "max_gap": 3000, "window": 9000})


def naive(samples: Line) -> list[int]:
    flags = []
    for i, (t, x) in enumerate(samples):
        likely, j = 1.0, i
        while j >= 0 and samples[j][0] > t - 9000 * S:
            at, v = samples[j]
            if v == 0:
                local = datetime.fromtimestamp(at / S, UTC).astimezone(ZoneInfo("Europe/Paris"))
                likely *= math.exp(-PROFILE[local.weekday()][local.hour])
            elif v == v:
                break
            if j and at - samples[j - 1][0] > 3000 * S:
                break
            j -= 1
        flag = 1 if x != 0 else 4 if likely < 1e-6 else 3 if likely < 1e-4 else 1
        flags.append(9 if math.isnan(x) else flag)
    return flags


@given(
    st.lists(
        st.tuples(
            st.sampled_from([900, 1800, 3000, 3600]),
            st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, math.nan]),
        ),
        max_size=60,
    )
)
def test_equals_its_definition(steps: list[tuple[float, float]]) -> None:
    samples = line(steps, start=MONDAY + 8 * HOUR)
    assert STUCK_ZERO.check(columns(samples), PARAMS).tolist() == naive(samples)


def test_a_night_says_nothing_and_a_morning_does() -> None:
    profile = [[0.0] * 6 + [5.0] * 18 for _ in range(7)]
    samples = line(
        [(900, 0.0)] * 40, start=int(datetime(2026, 1, 5, 1, tzinfo=UTC).timestamp()) * S
    )
    params = StuckZero.model_validate({"profile": profile, "max_gap": 1800})
    found = STUCK_ZERO.check(columns(samples), params).tolist()
    assert found == [1] * 16 + [3] + [4] * 23  # six o'clock in Paris: 5, 10 and 15 expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"profile": [[1.0] * 24] * 6},
        {"profile": [[1.0] * 23] * 7},
        {"profile": [[-1.0] * 24] * 7},
        {"profile": PROFILE, "suspect": 1e-6, "fail": 1e-4},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StuckZero.model_validate({"max_gap": 1800, **wrong})
