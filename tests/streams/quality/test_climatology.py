"""Climatology: seasons and hours are civil, the last member that holds counts."""

import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.quality.climatology import CLIMATOLOGY, Climatology
from tests.streams.quality.lines import Line, S, columns, line, there

WINTER = {"period": "month", "when": [11, 2], "suspect": [-5, 15], "fail": [-25, 25]}
SUMMER = {"period": "month", "when": [6, 8], "suspect": [8, 35]}
NIGHT = {"period": "hour", "when": [22, 5], "suspect": [-10, 24]}
PARAMS = Climatology.model_validate({"members": [WINTER, SUMMER, NIGHT]})


def naive(samples: Line) -> list[int]:
    flags = []
    for t, x in samples:
        at = datetime.fromtimestamp(t / S, UTC).astimezone(ZoneInfo("Europe/Paris"))
        flag = 2
        if at.month in (11, 12, 1, 2):
            flag = 1 if -5 <= x <= 15 else 3 if -25 <= x <= 25 else 4
        if at.month in (6, 7, 8):
            flag = 1 if 8 <= x <= 35 else 3
        if at.hour >= 22 or at.hour <= 5:
            flag = 1 if -10 <= x <= 24 else 3
        flags.append(flag if there(x) else 9)
    return flags


@given(
    st.lists(
        st.tuples(
            st.integers(600, 30 * 86_400), st.integers(-30, 40).map(float) | st.just(math.nan)
        ),
        max_size=40,
    )
)
def test_equals_its_definition(steps: list[tuple[float, float]]) -> None:
    samples = line(steps)
    assert CLIMATOLOGY.check(columns(samples), PARAMS).tolist() == naive(samples)


def test_a_month_begins_at_midnight_in_paris() -> None:
    noon = datetime(2026, 5, 31, 22, tzinfo=UTC)
    at = int(noon.timestamp()) * S
    params = Climatology.model_validate({"members": [SUMMER]})
    assert CLIMATOLOGY.check(columns([(at - 1, 40.0), (at, 40.0)]), params).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("when", "months"),
    [((6, 8), {6, 7, 8}), ((11, 2), {11, 12, 1, 2}), ((4, 4), {4})],
)
def test_both_bounds_are_within(when: tuple[int, int], months: set[int]) -> None:
    noons = [datetime(2026, month, 15, 12, tzinfo=UTC) for month in range(1, 13)]
    samples = [(int(noon.timestamp()) * S, 5.0) for noon in noons]
    member = {"period": "month", "when": when, "suspect": (5, 5)}
    params = Climatology.model_validate({"members": [member]})
    found = CLIMATOLOGY.check(columns(samples), params).tolist()
    assert found == [1 if month in months else 2 for month in range(1, 13)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"members": []},
        {"members": [SUMMER], "zone": "Europe/Lutece"},
        {"members": [SUMMER], "zone": "../etc"},
        {"members": [{**WINTER, "suspect": [-30, 15]}]},
        {"members": [{**SUMMER, "period": "moon"}]},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Climatology.model_validate(wrong)
