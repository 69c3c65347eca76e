"""Counters beside counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.calibration.correction_factor import CORRECTION_FACTOR
from streams.fit.counts import compare, geh

flows = st.integers(0, 5000).map(float)


@pytest.mark.parametrize(
    ("manual", "automatic", "value"),
    [(100, 120, 1.907), (1000, 1200, 6.030), (50, 0, 10.0), (0, 0, 0.0), (7, 7, 0.0)],
)
def test_geh_of_hourly_flows(manual: float, automatic: float, value: float) -> None:
    found = geh(np.array([float(manual)]), np.array([float(automatic)]))
    assert found.tolist() == pytest.approx([value], abs=5e-4)


@given(flows, flows)
def test_geh_has_no_favourite(m: float, c: float) -> None:
    a, b = np.array([m]), np.array([c])
    assert geh(a, b).tolist() == geh(b, a).tolist()
    quarter = geh(a / 4, b / 4, hours=0.25)
    assert quarter == pytest.approx(geh(a, b))


def test_a_session_by_hand() -> None:
    found = compare(np.array([50.0, 80.0, 45.0]), np.array([40.0, 100.0, 60.0]), peak=True)
    assert (found.manual, found.automatic, found.hours) == (200.0, 175.0, 3.0)
    assert found.error == -12.5
    assert found.mape == pytest.approx(100 * (10 / 40 + 20 / 100 + 15 / 60) / 3)
    assert found.wape == pytest.approx(22.5)
    assert found.factor == found.ratio == pytest.approx(200 / 175)
    assert found.verdict == "check"
    CORRECTION_FACTOR.parse({"factor": found.factor, "passages": 200, "hours": 3, "peak": True})


def test_an_hour_without_passages_leaves_the_weighted_error() -> None:
    found = compare(np.array([3.0, 100.0]), np.array([0.0, 100.0]))
    assert found.mape is None
    assert found.wape == 3.0
    nothing = compare(np.array([3.0, 0.0]), np.array([0.0, 0.0]))
    assert (nothing.error, nothing.wape, nothing.factor) == (None, None, None)
    assert nothing.verdict == "too_few"


@pytest.mark.parametrize(
    ("automatic", "manual", "hours", "peak", "said"),
    [
        ([45.0, 45.0], [50.0, 50.0], 1.0, True, ""),
        ([45.0, 45.0], [50.0, 49.0], 1.0, True, "99 passages are fewer than 100"),
        ([90.0], [100.0], 1.0, True, "1 h are fewer than 2"),
        ([90.0, 90.0], [100.0, 90.0], 1.0, False, "the peak hour is not among them"),
        ([90.0, 90.0], [100.0, 90.0], 1.0, None, "no peak is known of"),
        ([90.0] * 7, [100.0] * 7, 0.25, True, "1.75 h are fewer than 2"),
        ([0.0, 0.0], [100.0, 90.0], 1.0, True, "nothing was counted by hand, or nothing by"),
    ],
)
def test_a_factor_needs_passages_hours_and_the_peak(
    automatic: list[float], manual: list[float], hours: float, peak: bool | None, said: str
) -> None:
    found = compare(np.array(automatic), np.array(manual), hours, peak)
    assert found.factor_refused.startswith(said)
    assert (found.factor is None) == bool(said)


@pytest.mark.parametrize(
    ("automatic", "verdict"), [(110, "accepted"), (89.9, "check"), (115, "check"), (116, "alert")]
)
def test_ten_percent_is_accepted_and_above_fifteen_is_an_alert(
    automatic: float, verdict: str
) -> None:
    assert compare(np.array([float(automatic)]), np.array([100.0])).verdict == verdict


def test_85_percent_of_the_intervals_are_to_lie_below_5() -> None:
    manual = np.full(20, 100.0)
    automatic = manual.copy()
    automatic[:3] = 200.0
    found = compare(automatic, manual)
    assert (found.geh_good, found.geh_check, found.geh_bad, found.geh_met) == (85.0, 3, 0, True)
    automatic[3] = 300.0
    worse = compare(automatic, manual)
    assert (worse.geh_bad, worse.geh_met) == (1, False)


def test_a_geh_of_10_is_looked_at_and_not_yet_bad() -> None:
    found = compare(np.array([0.0, 0.0]), np.array([50.0, 50.1]))
    assert (found.geh_check, found.geh_bad) == (1, 1)
