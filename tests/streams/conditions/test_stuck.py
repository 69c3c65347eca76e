"""Stuck: by hand."""

from tests.streams.conditions.feed import HOUR, MINUTE, START, Worker, city, every, frame

TESTED = city({"tests": {"flat_line": {"suspect": 9000, "fail": 18000, "tolerance": 0.1}}})


def test_it_opens_where_flat_line_says_bad_and_closes_with_a_value_that_moves() -> None:
    worker = Worker(TESTED).run(*every(900, START, START + 6 * HOUR))
    opened = START + 270 * MINUTE
    assert worker.of("stuck") == [(opened, None, 2)]
    assert worker.reasons("stuck") == ["level stands at 1 m: flat_line"]
    worker.run(frame(START + 6 * HOUR, 1.5))
    assert worker.of("stuck") == [(opened, START + 6 * HOUR, 2)]


def test_without_the_tests_nobody_can_say_it() -> None:
    assert Worker(city()).run(*every(900, START, START + 8 * HOUR)).found == {}
