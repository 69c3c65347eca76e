"""Times that devices give: read exactly, believed only where they can be true."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.device_time import AHEAD_MAX, SANE_SINCE, instant, sane
from streams.inventory.sources import TimeUnit

NOW = 1_790_000_000_000_000


@pytest.mark.parametrize(
    ("said", "unit", "expected"),
    [
        ("2026-09-21T14:13:20Z", "rfc3339", NOW),
        ("2026-09-21T16:13:20.000001+02:00", "rfc3339", NOW + 1),
        ("2026-09-21T16:13:20", "rfc3339", None),
        (1_790_000_000, "rfc3339", None),
        ("x" * 65, "rfc3339", None),
        (1_790_000_000, "s", NOW),
        (1_790_000_000.5, "s", NOW + 500_000),
        ("1790000000", "s", NOW),
        (1_790_000_000_000, "ms", NOW),
        (NOW, "us", NOW),
        (True, "s", None),
        (None, "s", None),
        (1e400, "s", None),
        ("nan", "s", None),
        ([], "s", None),
    ],
)
def test_times_are_read_in_their_unit(said: Any, unit: TimeUnit, expected: int | None) -> None:
    assert instant(said, unit) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (0, False),
        (315_532_800_000_000, False),
        (SANE_SINCE - 1, False),
        (SANE_SINCE, True),
        (NOW + AHEAD_MAX, True),
        (NOW + AHEAD_MAX + 1, False),
    ],
)
def test_an_unset_clock_and_one_that_is_ahead_are_not_believed(at: int, expected: bool) -> None:
    assert sane(at, NOW) is expected


@given(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
    st.sampled_from(["rfc3339", "s", "ms", "us"]),
)
def test_anything_is_a_time_or_none(said: Any, unit: TimeUnit) -> None:
    assert isinstance(instant(said, unit), int | None)
