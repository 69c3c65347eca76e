"""The compatible tests against ioos_qc itself, on thousands of series each.

Where ioos_qc is not followed, the difference has a test of its own, below, with the reason.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from ioos_qc import qartod

import streams.quality
import streams.quality.ioos_qc
from streams.discover import discover
from streams.quality import Columns, QualityTest
from streams.quality import aggregate as ours
from streams.quality.ioos_qc.aggregate import aggregate

TESTS = discover(streams.quality.ioos_qc, QualityTest)
SERIES = 2000
S = 1_000_000
NAN = math.nan

pytestmark = pytest.mark.filterwarnings("ignore:::ioos_qc", "ignore:::numpy")


@dataclass
class Series:
    """Time in UTC microseconds, values in eighths (sums and differences of them are exact)."""

    time: np.ndarray[Any, np.dtype[np.int64]]
    value: np.ndarray[Any, np.dtype[np.float64]]
    depth: np.ndarray[Any, np.dtype[np.float64]]
    rng: np.random.Generator

    @property
    def stamps(self) -> Any:
        return self.time.astype("datetime64[us]")

    def threshold(self, most: float = 12) -> float:
        return float(self.rng.integers(1, round(most * 8))) / 8


def generated(seed: int, steps: list[float], least: int = 3) -> Iterator[Series]:
    rng = np.random.default_rng(seed)
    for _ in range(SERIES):
        n = int(rng.integers(least, 50))
        value = rng.integers(-80, 80, n) / 8 * rng.choice([1, 1, 0.125])
        quiet = rng.random(n) < rng.choice([0.0, 0.5, 0.9])
        value[quiet] = np.round(rng.random()) + rng.integers(0, 2, quiet.sum()) / 8
        value[rng.random(n) < rng.choice([0.0, 0.1, 0.4])] = NAN
        depth = np.where(rng.random(n) < 0.2, NAN, rng.integers(0, 8, n).astype(float))
        start = int(rng.integers(1_000_000_000, 1_700_000_000)) * S
        gaps = np.rint(rng.choice(steps, n) * S).astype(np.int64)
        yield Series(start + np.cumsum(gaps), value, depth, rng)


def flags(name: str, series: Series, params: dict[str, Any]) -> list[int]:
    """What the compatible test says."""
    test = TESTS[name]
    columns = Columns(series.time, series.time, series.value, series.time, {"z": series.depth})
    return test.check(columns, test.params.model_validate(params)).tolist()


def given(*values: float, step: float = 60, depth: float = NAN) -> Series:
    n = len(values)
    time = (1_700_000_000 + np.arange(n) * step) * S
    return Series(
        np.rint(time).astype(np.int64),
        np.array(values, np.float64),
        np.full(n, depth),
        np.random.default_rng(0),
    )


def test_every_compatible_test_is_compared_here() -> None:
    assert set(TESTS) == {
        *("attenuated_signal", "climatology", "flat_line", "gross_range"),
        *("rate_of_change", "spike", "time_gap"),
    }
    assert set(TESTS) <= set(discover(streams.quality, QualityTest))


def test_gross_range() -> None:
    for series in generated(1, [60]):
        low, high = -series.threshold(), series.threshold()
        params = {"fail_span": (high, low)}
        if series.rng.random() < 0.7:
            params["suspect_span"] = (low / 2, high / 4)
        expected = qartod.gross_range_test(series.value, **params)
        assert flags("gross_range", series, params) == expected.tolist()


@pytest.mark.parametrize("method", ["average", "differential"])
def test_spike(method: str) -> None:
    for series in generated(2, [60], least=1):
        low, high = series.rng.choice([None, 0, series.threshold()]), series.threshold(20)
        params = {"suspect_threshold": low, "fail_threshold": high, "method": method}
        expected = qartod.spike_test(series.value, **params)
        assert flags("spike", series, params) == expected.tolist()


def test_rate_of_change() -> None:
    for series in generated(3, [0, 0.4, 1, 4, 60, 64.5], least=0):
        fail = series.threshold() if series.rng.random() < 0.5 else None
        params = {"threshold": series.threshold(2), "fail_threshold": fail}
        expected = qartod.rate_of_change_test(series.value, series.stamps, **params)
        assert flags("rate_of_change", series, params) == expected.tolist()


def test_flat_line() -> None:
    for series in generated(4, [1, 60, 60, 60, 61.5, 300]):
        suspect, fail = series.rng.integers(0, 1200, 2)
        params = {
            "suspect_threshold": int(suspect),
            "fail_threshold": int(fail),
            "tolerance": series.rng.choice([0.0, 0.125, 0.25, 1.0]),
        }
        expected = qartod.flat_line_test(series.value, series.stamps, **params)
        assert flags("flat_line", series, params) == expected.tolist()


@pytest.mark.parametrize("kind", ["std", "range"])
@pytest.mark.parametrize("enough", ["none", "min_obs", "min_period", "whole"])
def test_attenuated_signal(kind: str, enough: str) -> None:
    for series in list(generated(5, [1, 60, 60, 60.5, 300]))[: SERIES // 2]:
        params: dict[str, Any] = {"check_type": kind, "test_period": 400}
        params["suspect_threshold"] = series.threshold(2) + (0.0317 if kind == "std" else 0)
        params["fail_threshold"] = params["suspect_threshold"] / 4
        if enough == "min_obs":
            params["min_obs"] = int(series.rng.integers(1, 6))
        if enough == "min_period":
            params["min_period"] = int(series.rng.integers(60, 400))
        if enough == "whole":
            params["test_period"] = None
        expected = qartod.attenuated_signal_test(series.value, series.stamps, **params)
        assert flags("attenuated_signal", series, params) == expected.tolist()


def _members(rng: np.random.Generator) -> list[dict[str, Any]]:
    found = []
    for _ in range(int(rng.integers(1, 5))):
        period = rng.choice(["month", "week", "quarter", "dayofyear", "dayofweek", "hour", None])
        tspan: tuple[Any, ...] = tuple(int(x) for x in rng.integers(0, 13, 2))
        if period is None:
            day = datetime(2010, 1, 1, tzinfo=UTC)
            tspan = tuple(
                (day + timedelta(days=int(d))).replace(tzinfo=None).isoformat()
                for d in rng.integers(0, 4000, 2)
            )
        member: dict[str, Any] = {"tspan": tspan, "vspan": (4.0, -2.0), "period": period}
        if rng.random() < 0.5:
            member["fspan"] = (-6.0, 7.5)
        if rng.random() < 0.4:
            member["zspan"] = (5.0, 1.0)
        found.append(member)
    return found


def test_climatology() -> None:
    for series in generated(6, [3600, 86_400, 7 * 86_400]):
        config = _members(series.rng)
        expected = qartod.climatology_test(config, series.value, series.stamps, series.depth)
        missing = np.isnan(series.value)  # of missing values, and missing depths: below
        alike = ~missing & (~np.isnan(series.depth) | all("zspan" not in m for m in config))
        found = np.array(flags("climatology", series, {"config": config}))
        assert found[alike].tolist() == expected[alike].tolist()
        assert (found[missing] == 9).all()


def test_climatology_counts_both_dates_of_a_span() -> None:
    series = given(5.0, 5.0, 5.0, 5.0, 5.0, step=86_400)
    low, high = (str(stamp) for stamp in series.stamps[[1, 3]])
    config = [{"tspan": (low, high), "vspan": (0, 9)}]
    expected = qartod.climatology_test(config, series.value, series.stamps, series.depth)
    assert flags("climatology", series, {"config": config}) == expected.tolist() == [2, 1, 1, 1, 2]


def test_time_gap() -> None:
    for series in generated(7, [60, 3600, 5400, 7200.25, 9000], least=2):
        params = {"fail_span": float(series.rng.choice([0.5, 1, 1.5, 2, 2.0003]))}
        series.value[:] = 1.0
        expected = qartod.time_gap_test(series.stamps, **params)
        assert flags("time_gap", series, params) == expected.tolist()


def test_aggregate() -> None:
    rng = np.random.default_rng(8)
    for _ in range(SERIES):
        held = rng.choice([1, 2, 3, 4, 9], (int(rng.integers(1, 6)), int(rng.integers(0, 30))))
        expected = qartod.qartod_compare(list(held))
        rows = held.shape[1]
        assert aggregate([f.astype(np.uint8) for f in held], rows).tolist() == expected.tolist()


def test_where_the_definitions_agree_our_own_tests_do() -> None:
    """Delays, and spans of dates, in the same words: no second version is needed."""
    own = discover(streams.quality, QualityTest)
    for series in generated(9, [60, 3600, 9000]):
        series.value[:] = 1.0
        now = np.full(len(series.time), int(series.time[len(series.time) // 2]) + 7200 * S)
        columns = Columns(series.time, now, series.value, series.time)
        delay = own["data_reception"].params.model_validate({"fail": 3600})
        expected = qartod.data_reception_test(series.stamps, 1, now[:1].astype("datetime64[us]")[0])
        assert own["data_reception"].check(columns, delay).tolist() == expected.tolist()
        low, high = series.stamps[[1, -2]]
        span = {"earliest": f"{low}Z", "latest": f"{high}Z"}
        date = own["impossible_date"].params.model_validate(span)
        late = Columns(series.time, series.time, series.value, series.time)
        expected = qartod.impossible_date_test(series.stamps, (low, high))
        assert own["impossible_date"].check(late, date).tolist() == expected.tolist()


# Differences. A missing value is MISSING whatever a test is about: ioos_qc means that too (it
# says so of each test), and in three places does something else.


def test_a_missing_value_within_a_period_is_missing_and_not_good() -> None:
    series = given(1.0, NAN)
    config = [{"tspan": (1, 12), "vspan": (0, 2), "period": "month"}]
    expected = qartod.climatology_test(config, series.value, series.stamps, series.depth)
    assert expected.tolist() == [1, 1]
    assert flags("climatology", series, {"config": config}) == [1, 9]


def test_a_missing_value_at_a_depth_is_missing_and_not_good() -> None:
    series = given(1.0, NAN, depth=3.0)
    config = [{"tspan": ("2000-01-01", "2030-01-01"), "vspan": (0, 2), "zspan": (1, 5)}]
    expected = qartod.climatology_test(config, series.value, series.stamps, series.depth)
    assert expected.tolist() == [1, 1]
    assert flags("climatology", series, {"config": config}) == [1, 9]


def test_a_value_whose_depth_is_missing_is_within_no_span_of_depths() -> None:
    """ioos_qc means that as well, and does it where a member has dates or weeks."""
    series = given(5.0, 1.0, depth=3.0)
    series.depth[0] = NAN
    for period, said in (("week", 2), ("month", 3)):
        config = [{"tspan": (1, 53), "vspan": (0, 2), "zspan": (1, 5), "period": period}]
        expected = qartod.climatology_test(config, series.value, series.stamps, series.depth)
        assert expected.tolist() == [said, 1]
        assert flags("climatology", series, {"config": config}) == [2, 1]


def test_a_missing_value_in_a_series_too_short_for_a_flat_line_is_missing() -> None:
    series = given(1.0, NAN)
    params = {"suspect_threshold": 60, "fail_threshold": 120, "tolerance": 0.1}
    assert qartod.flat_line_test(series.value, series.stamps, **params).tolist() == [1, 1]
    assert flags("flat_line", series, params) == [1, 9]


def test_a_missing_value_is_missing_although_its_time_is_known() -> None:
    """ioos_qc asks this test for times alone; a value of ours has both."""
    series = given(1.0, NAN, 1.0)
    assert qartod.time_gap_test(series.stamps).tolist() == [1, 1, 1]
    assert flags("time_gap", series, {}) == [1, 9, 1]


def test_the_flag_of_a_row_whose_value_is_missing_is_missing_unless_asked_otherwise() -> None:
    tests = [np.array([9], np.uint8), np.array([1], np.uint8)]
    assert qartod.qartod_compare(tests).tolist() == aggregate(tests, 1).tolist() == [1]
    assert ours(tests, np.array([True])).tolist() == [9]


# ioos_qc raises on what is too short or too fast; a stream begins with one sample.


def test_no_sample_and_one_are_no_error() -> None:
    with pytest.raises(IndexError):
        qartod.spike_test([], 1, 2)
    assert flags("spike", given(), {"suspect_threshold": 1}) == []
    for series, expected in ((given(), []), (given(1.0), [2])):
        with pytest.raises(IndexError):
            qartod.time_gap_test(series.stamps)
        assert flags("time_gap", series, {}) == expected


def test_a_flat_line_of_more_than_one_sample_a_second_is_not_evaluated() -> None:
    """Its count of samples is a division by the interval in whole seconds."""
    series = given(1.0, 1.0, 1.0, NAN, step=0.5)
    params = {"suspect_threshold": 1, "fail_threshold": 2, "tolerance": 0.1}
    with pytest.raises(ValueError, match="negative dimensions"):
        qartod.flat_line_test(series.value, series.stamps, **params)
    assert flags("flat_line", series, params) == [2, 2, 2, 9]


# ioos_qc lets pandas update a running variance, so that rounding depends on all that was before.


def test_a_deviation_of_just_the_threshold_is_good_whatever_was_before() -> None:
    """0, 1/8, 0, 1/8 deviate by 1/16 exactly; a running variance says a little less."""
    before, window = [11.3], [0.0, 0.125, 0.0, 0.125]
    params = {"suspect_threshold": 0.0625, "fail_threshold": 0.03, "test_period": 240}
    for values, said in ((window, 1), (before + window, 3)):
        series = given(*values)
        expected = qartod.attenuated_signal_test(series.value, series.stamps, **params)
        assert (expected[-1], flags("attenuated_signal", series, params)[-1]) == (said, 1)
