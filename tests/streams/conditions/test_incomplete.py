"""Incomplete: by hand."""

from tests.streams.conditions.feed import DAY, HOUR, MINUTE, START, Worker, city, every, frame

FULL = every(900, START, START + 26 * HOUR)


def test_it_opens_at_the_hour_at_which_three_quarters_of_a_day_are_missed() -> None:
    worker = Worker(city()).run(*FULL)
    assert worker.found == {}
    worker.run(*every(3600, START + 26 * HOUR, START + 40 * HOUR))
    ((opened, closed, level),) = worker.of("incomplete")
    assert (opened, closed, level) == (START + 35 * HOUR, None, 1)
    said = "69 of 96 values of level in the 24 h before 2026-02-17T11:00:00Z: under 75%"
    assert worker.reasons("incomplete") == [said]


def test_it_closes_five_points_above() -> None:
    feed = [*FULL, *every(3600, START + 26 * HOUR, START + 36 * HOUR)]
    worker = Worker(city()).run(*feed, *every(900, START + 36 * HOUR, START + 56 * HOUR))
    ((opened, closed, _),) = worker.of("incomplete")
    assert (opened, closed) == (START + 35 * HOUR, START + 54 * HOUR)


def test_a_device_that_has_just_begun_is_not_incomplete() -> None:
    assert Worker(city()).run(*every(3600, START, START + 23 * HOUR)).of("incomplete") == []


def test_a_device_that_was_set_to_a_longer_period_is_not() -> None:
    setting = {"id": "s", "device": "D", "nominal_period": 3600, "from": "2026-02-17T02:00:00Z"}
    worker = Worker(city(more=[("configuration", setting)]))
    worker.run(*FULL, *every(3600, START + 26 * HOUR, START + 52 * HOUR))
    assert worker.of("incomplete") == []


def test_values_that_come_late_take_it_back() -> None:
    worker = Worker(city()).run(*FULL, *every(3600, START + 26 * HOUR, START + 37 * HOUR))
    assert worker.of("incomplete") != []
    late = [
        frame(at + i * 15 * MINUTE, arrival=START + 37 * HOUR)
        for at in range(START + 26 * HOUR, START + 36 * HOUR, HOUR)
        for i in (1, 2, 3)
    ]
    assert worker.run(*late).of("incomplete") == []


def test_its_target_is_declared() -> None:
    half = city({"conditions": {"incomplete": {"target": 0.3}}})
    feed = [*FULL, *every(1800, START + 26 * HOUR, START + 26 * HOUR + DAY)]
    assert Worker(half).run(*feed).of("incomplete") == []
    assert Worker(city()).run(*feed).of("incomplete") != []
