"""Silent: by hand."""

from tests.agreement.core import tick
from tests.streams.conditions.feed import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    START,
    Worker,
    city,
    every,
    frame,
)

LAST = START + 2 * HOUR - 15 * MINUTE


def test_it_opens_three_periods_after_the_last_frame_and_closes_with_the_next_one() -> None:
    worker = Worker(city()).run(*every(900, START, START + 2 * HOUR), tick(LAST + 45 * MINUTE - 1))
    assert worker.of("silent") == []
    worker.run(tick(LAST + 45 * MINUTE))
    assert worker.of("silent") == [(LAST + 45 * MINUTE, None, 2)]
    assert worker.reasons("silent") == ["no frame since 2026-02-16T01:45:00Z; expected every 900 s"]
    worker.run(frame(START + 5 * HOUR))
    assert worker.of("silent") == [(LAST + 45 * MINUTE, START + 5 * HOUR, 2)]


def test_after_a_day_it_is_urgent() -> None:
    worker = Worker(city()).run(frame(START), tick(START + 45 * MINUTE + DAY - 1))
    assert worker.of("silent") == [(START + 45 * MINUTE, None, 2)]
    worker.run(tick(START + 45 * MINUTE + DAY))
    assert worker.of("silent") == [(START + 45 * MINUTE, None, 3)]


def test_a_device_of_every_minute_is_waited_for_a_quarter_of_an_hour() -> None:
    worker = Worker(city(period=60)).run(frame(START), tick(START + HOUR))
    assert worker.of("silent") == [(START + 15 * MINUTE, None, 2)]


def test_a_device_of_every_day_is_waited_for_three_days_though_its_frames_are_forgotten() -> None:
    worker = Worker(city(period=86_400))
    for day in range(8):
        worker.run(frame(START + day * DAY)).restart()
    for hour in range(71):
        worker.run(tick(START + 7 * DAY + hour * HOUR)).restart()
    assert worker.found == {}
    worker.run(tick(START + 10 * DAY))
    assert worker.of("silent") == [(START + 10 * DAY, None, 2)]


def test_a_device_that_is_set_to_another_period_is_waited_for_by_the_longer_one() -> None:
    setting = {"id": "s", "device": "D", "nominal_period": 21_600, "from": "2026-02-16T00:30:00Z"}
    worker = Worker(city(more=[("configuration", setting)])).run(frame(START), tick(START + DAY))
    assert worker.of("silent") == [(START + 18 * HOUR, None, 2)]


def test_what_the_network_delivers_hours_later_is_no_sign_of_life() -> None:
    worker = Worker(city()).run(frame(START))
    worker.run(frame(START + HOUR // 2, arrival=START + 4 * HOUR))
    assert worker.of("silent") == [(START + 45 * MINUTE, None, 2)]


def test_a_frame_that_waited_on_its_way_takes_back_what_was_said() -> None:
    worker = Worker(city()).run(frame(START), tick(START + HOUR))
    assert worker.found
    worker.run(frame(START + HOUR // 2), tick(START + HOUR))
    assert worker.found == {}
    assert worker.told[-1]["withdrawn"]


def test_it_is_told_with_the_gateway_and_the_network_that_heard_it_last() -> None:
    worker = Worker(city()).run(
        frame(START, gateways=["g1"]), frame(START + 900 * SECOND, gateways=["g3", "g2"])
    )
    worker.restart().run(tick(START + 2 * HOUR))
    assert [(r["gateways"], r["network"]) for r in worker.told] == [(["g3", "g2"], "tts")]


def test_it_ends_as_one_of_the_network_and_the_gateways_that_had_heard_it() -> None:
    """Who comes back elsewhere leaves the outage that it was part of as it was."""
    worker = Worker(city()).run(frame(START, gateways=["g1"]), tick(START + 2 * HOUR))
    worker.run(frame(START + 3 * HOUR, gateways=["g2"], network="lora"))
    heard = [(r["closed_at"], r["gateways"], r["network"]) for r in worker.told]
    assert heard == [(None, ["g1"], "tts"), (START + 3 * HOUR, ["g1"], "tts")]


def test_what_comes_after_it_opened_is_not_what_had_heard_it_before() -> None:
    late = frame(START + 900 * SECOND, gateways=["g2"], arrival=START + 3 * HOUR)
    apart = Worker(city()).run(frame(START, gateways=["g1"]), tick(START + 2 * HOUR)).run(late)
    at_once = Worker(city()).run(frame(START, gateways=["g1"]), tick(START + 2 * HOUR), late)
    assert apart.found == at_once.found
    assert {rest[3] for name, rest in at_once.found.items() if name[1] == "silent"} == {("g1",)}


def test_its_patience_is_declared_by_device_or_not_at_all() -> None:
    worker = Worker(city(conditions={"silent": {"periods": 10}})).run(
        frame(START), tick(START + DAY)
    )
    assert worker.of("silent") == [(START + 150 * MINUTE, None, 2)]
    assert (
        Worker(city(conditions={"silent": False})).run(frame(START), tick(START + DAY)).found == {}
    )


def test_the_use_case_says_it_for_its_devices() -> None:
    case = {"id": "u", "title_fr": "u", "title_en": "u", "conditions": {"silent": {"periods": 10}}}
    worker = Worker(city(more=[("use_case", case)])).run(frame(START), tick(START + DAY))
    assert worker.of("silent") == [(START + 150 * MINUTE, None, 2)]
