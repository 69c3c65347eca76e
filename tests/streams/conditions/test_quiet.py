"""Quiet: by hand."""

from tests.streams.conditions.feed import HOUR, MINUTE, START, Worker, city, every, frame

BEFORE = every(900, START, START + HOUR)
LAST = START + 45 * MINUTE


def test_it_opens_with_the_third_frame_without_the_value_and_closes_with_the_next_value() -> None:
    worker = Worker(city()).run(*BEFORE, *every(900, START + HOUR, START + 90 * MINUTE, level=None))
    assert worker.found == {}
    worker.run(frame(START + 90 * MINUTE, level=None))
    assert worker.of("quiet") == [(START + 90 * MINUTE, None, 2)]
    said = "no level since 2026-02-16T00:45:00Z while frames come; expected every 900 s"
    assert worker.reasons("quiet") == [said]
    worker.run(frame(START + 2 * HOUR))
    assert worker.of("quiet") == [(START + 90 * MINUTE, START + 2 * HOUR, 2)]


def test_a_value_that_is_not_a_number_is_none() -> None:
    worker = Worker(city()).run(
        *BEFORE, *every(900, START + HOUR, START + 3 * HOUR, level=float("nan"))
    )
    assert worker.of("quiet") == [(START + 90 * MINUTE, None, 2)]


def test_zero_is_a_value() -> None:
    assert Worker(city()).run(*every(900, START, START + 4 * HOUR, level=0.0)).found == {}


def test_a_device_that_is_silent_is_not_quiet_as_well() -> None:
    worker = Worker(city()).run(*BEFORE, frame(START + 5 * HOUR))
    assert worker.of("quiet") == []
    assert len(worker.of("silent")) == 1


def test_what_never_came_is_not_missed() -> None:
    worker = Worker(city()).run(*every(900, START, START + 4 * HOUR, level=float("nan")))
    assert worker.found == {}


def test_one_quantity_is_quiet_while_the_other_talks() -> None:
    both = every(900, START, START + HOUR, values={"humidity": 50.0})
    worker = Worker(city()).run(*both, *every(900, START + HOUR, START + 4 * HOUR))
    assert {name[1:3] for name in worker.found} == {("quiet", "humidity")}


def test_a_battery_that_is_told_of_once_a_day_is_not_missed() -> None:
    told = frame(START - HOUR // 4, values={"battery_level": 80.0})
    assert Worker(city()).run(told, *every(900, START, START + 4 * HOUR)).found == {}


def test_values_that_come_late_take_it_back() -> None:
    worker = Worker(city()).run(*BEFORE, *every(900, START + HOUR, START + 3 * HOUR, level=None))
    assert worker.of("quiet") == [(START + 90 * MINUTE, None, 2)]
    late = every(900, START + 70 * MINUTE, START + 3 * HOUR, arrival=START + 3 * HOUR)
    worker.run(*late)
    assert worker.found == {}


def test_the_profile_of_the_property_says_how_long_or_not_at_all() -> None:
    feed = [*BEFORE, *every(900, START + HOUR, START + 6 * HOUR, level=None)]
    patient = city({"conditions": {"quiet": {"periods": 10}}})
    assert Worker(patient).run(*feed).of("quiet") == [(LAST + 150 * MINUTE, None, 2)]
    assert Worker(city({"conditions": {"quiet": False}})).run(*feed).found == {}
