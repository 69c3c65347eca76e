"""Battery: by hand."""

from random import Random

from tests.streams.conditions.feed import HOUR, START, Worker, city, frame


def played(*levels: float, step: int = HOUR) -> Worker:
    frames = [
        frame(START + i * step, values={"battery_level": level}) for i, level in enumerate(levels)
    ]
    return Worker(city(period=3600)).run(*frames)


def test_under_its_cutoff_it_is_at_its_end() -> None:
    worker = played(50, 30, 10, 9.9, 11.9, 12)
    assert worker.of("battery") == [(START + 3 * HOUR, START + 5 * HOUR, 2)]
    assert worker.reasons("battery") == ["battery_level is 9.9 m, under 10 m"]


def test_a_line_that_reaches_it_within_a_month_is_told() -> None:
    worker = played(*(40 - i / 24 for i in range(36)))
    ((opened, closed, level),) = worker.of("battery")
    assert (opened, closed, level) == (START + 12 * HOUR, None, 1)
    said = "battery_level is 39.5 m and falls: 10 m in 30 days"
    assert worker.reasons("battery") == [said]


def test_one_that_falls_more_slowly_is_not() -> None:
    assert played(*(90 - i / 24 for i in range(48))).found == {}


def test_noise_is_no_fall() -> None:
    random = Random(1)
    assert played(*(round(20 + random.random(), 2) for _ in range(48))).found == {}


def test_a_voltage_has_no_cutoff_that_everybody_shares() -> None:
    profile = {"conditions": {"battery": {"cutoff": 3.1}}}
    feed = [frame(START + i * HOUR, 3.0) for i in range(3)]
    assert Worker(city(period=3600)).run(*feed).found == {}
    assert Worker(city(profile, period=3600)).run(*feed).of("battery") == [(START, None, 2)]
