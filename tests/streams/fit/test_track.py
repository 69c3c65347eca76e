"""Pairs of series, of readings and of counts, worked by hand."""

from typing import Any

import numpy as np
import pytest

from streams.errors import Skip
from streams.fit.pairs import Pairs
from streams.fit.track import Track, at, hourly, side_by_side, with_readings
from streams.inventory import micros
from streams.inventory.fieldwork import Reading

MINUTE = 60_000_000
START = 1_772_323_200_000_000
"""2026-03-01T00:00Z."""


def track(*samples: tuple[float, float]) -> Track:
    """Samples of (minutes, value)."""
    time = np.array([START + round(at * MINUTE) for at, _ in samples], np.int64)
    return Track(time, np.array([value for _, value in samples], np.float64))


def rows(pairs: Pairs) -> list[tuple[float, float, float]]:
    assert pairs.time is not None
    minutes = ((pairs.time - START) / MINUTE).tolist()
    return list(
        zip(
            minutes,
            pairs.numbers["sensor"].tolist(),
            pairs.numbers["reference"].tolist(),
            strict=True,
        )
    )


def reading(since: str, value: float, until: str | None = None) -> Reading:
    body: dict[str, Any] = {"from": f"2026-03-01T{since}:00Z", "value": value}
    return Reading.model_validate(body | ({"to": f"2026-03-01T{until}:00Z"} if until else {}))


def test_each_value_has_the_nearest_of_the_reference_and_of_two_the_earlier() -> None:
    sensor = track((0, 1), (10, 2), (20, 3), (40, 4))
    reference = track((1, 10), (9, 20), (11, 30), (25, 40), (60, 50))
    assert rows(side_by_side(sensor, reference, 300)) == [(0, 1, 10), (10, 2, 20), (20, 3, 40)]
    with pytest.raises(Skip, match="no values within 1 s"):
        side_by_side(sensor, track((500, 1)), 1)


QUARTERS = [(0, 10.0), (15, 20.0), (30, 30.0), (45, 40.0)]


@pytest.mark.parametrize(
    ("kind", "value"), [("instantaneous", 25.0), ("count", 100.0), ("level", 0)]
)
def test_an_hour_is_a_mean_an_energy_or_a_sum(kind: str, value: float) -> None:
    """(10 + 100 + 1000 + 10000) / 4 is 2777.5, whose level is 34.436 dB."""
    found = hourly(track(*QUARTERS), kind, 900)
    expected = 10 * np.log10(2777.5) if kind == "level" else value
    assert found.time.tolist() == [START]
    assert found.value.tolist() == pytest.approx([expected])


def test_three_quarters_make_a_mean_and_only_all_make_a_sum() -> None:
    three, two = track(*QUARTERS[:3]), track(*QUARTERS[:2])
    assert hourly(three, "instantaneous", 900).value.tolist() == [20]
    assert hourly(two, "instantaneous", 900).value.tolist() == []
    assert hourly(three, "count", 900).value.tolist() == []


@pytest.mark.parametrize("kind", ["angle", "state", "index"])
def test_a_direction_has_no_mean(kind: str) -> None:
    with pytest.raises(Skip, match=f"kind {kind} has no mean"):
        hourly(track(*QUARTERS), kind, 900)


def test_a_reading_is_of_an_instant_or_of_an_interval() -> None:
    sensor = track(*QUARTERS, (60, 90))
    readings = [reading("00:16", 21), reading("00:00", 26, "01:00"), reading("05:00", 1)]
    found = with_readings(sensor, readings, "instantaneous", 900, 120)
    assert rows(found) == [(16, 20, 21), (0, 25, 26)]


def test_what_is_put_beside_stays_with_its_pair_and_over_an_interval_is_a_mean() -> None:
    warm = track((2, 1.0), (14, 4.0), (31, 7.0), (44, 8.0))
    readings = [reading("00:16", 21), reading("00:00", 26, "01:00"), reading("05:00", 1)]
    beside = {"temperature": at(warm, readings, "instantaneous", 900, 180)}
    found = with_readings(track(*QUARTERS), readings, "instantaneous", 900, 120, beside)
    assert found.numbers["temperature"].tolist() == [4.0, 5.0]
    columns = {"temperature": np.array([1.0, np.nan, 3.0])}
    pairs = side_by_side(track((0, 1), (10, 2), (20, 3)), track((0, 1), (10, 2)), 60, columns)
    assert rows(pairs) == [(0, 1, 1), (10, 2, 2)]
    assert np.isnan(pairs.numbers["temperature"]).tolist() == [False, True]


def test_a_count_told_at_the_end_of_its_interval_belongs_to_it() -> None:
    """Told at 0:15, 0:30, 0:45 and, three seconds late, 1:00: the first hour's."""
    sensor = track((0, 100), (15, 1), (30, 2), (45, 3), (60.05, 4), (75, 50), (90, 60))
    readings = [reading("00:00", 11, "01:00"), reading("01:00", 9, "02:00")]
    assert rows(with_readings(sensor, readings, "count", 900, 0)) == [(0, 10, 11)]


def test_an_index_has_grown_where_both_ends_are_read() -> None:
    sensor = track((1, 1000), (31, 1005), (61, 1012), (200, 3))
    readings = [reading("00:00", 12, "01:00"), reading("01:00", 5, "02:00")]
    assert rows(with_readings(sensor, readings, "index", 900, 0)) == [(0, 12, 12)]
    back = [reading("00:00", 12, "03:20")]
    with pytest.raises(Skip, match="no values at the times of the readings"):
        with_readings(sensor, back, "index", 900, 0)


def test_an_instant_is_where_the_session_says() -> None:
    start = reading("00:00", 1).start
    assert start is not None
    assert micros(start) == START
