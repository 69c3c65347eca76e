"""Abnormal: by hand."""

from tests.streams.conditions.feed import MINUTE, START, Worker, city, frame

TESTED = city({"tests": {"gross_range": {"suspect": [0, 10], "fail": [-5, 50]}}})


def played(*levels: float) -> Worker:
    frames = [frame(START + i * 15 * MINUTE, level) for i, level in enumerate(levels)]
    return Worker(TESTED).run(*frames)


def at(i: int) -> int:
    return START + i * 15 * MINUTE


def test_three_suspect_values_of_five_open_it() -> None:
    assert played(1, 20, 1, 20, 1).found == {}
    worker = played(1, 20, 1, 20, 1, 20)
    assert worker.of("abnormal") == [(at(5), None, 1)]
    said = "3 of the last 5 values of level suspect or bad (gross_range)"
    assert worker.reasons("abnormal") == [said]


def test_three_bad_ones_are_graver() -> None:
    assert played(99, 99, 99).of("abnormal") == [(at(2), None, 2)]
    assert played(99, 99, 20).of("abnormal") == [(at(2), None, 1)]


def test_it_closes_where_fewer_than_two_are_left() -> None:
    assert played(20, 20, 20, 1, 1, 1).of("abnormal") == [(at(2), None, 1)]
    assert played(20, 20, 20, 1, 1, 1, 1).of("abnormal") == [(at(2), at(6), 1)]


def test_a_missing_value_is_not_counted() -> None:
    nan = float("nan")
    assert played(20, nan, 20, nan, 20).of("abnormal") == [(at(4), None, 1)]
