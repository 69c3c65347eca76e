"""What is declared on the real topic: complete before the first use, then followed live."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer
from pydantic import ValidationError

from streams.declare import declare
from streams.errors import Stop
from streams.follower import Follower
from streams.inventory import Calibration, Codec, Declared, Device, Profile, Property, UseCase
from streams.inventory import Path as Entry
from streams.kafka import producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topics import REGISTRY

World = Callable[..., Settings]
EUI = "70B3D57ED0001234"


def device(name: str = "x", period: float = 900) -> Device:
    return Device(id=EUI, name=name, codec="c", use_case="pav", nominal_period=period)


def city(**tests: object) -> list[tuple[str, Declared]]:
    return [
        ("device", device()),
        ("use_case", UseCase(id="pav", title_fr="pav", title_en="pav")),
        ("codec", Codec(id="c", script="x", mapping=(Entry(path="l", property="p"),))),
        ("property", Property(id="p", title_fr="p", title_en="p", unit="%", resolution=0.1)),
        ("profile", Profile(id="f", property="p", tests=tests)),
    ]


@contextmanager
def following(settings: Settings) -> Iterator[Follower]:
    follower = Follower(settings, connect(settings)).start()
    try:
        yield follower
    finally:
        follower.close()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_all_that_was_declared_is_there_at_the_start_and_the_last_word_counts(
    apart: World,
) -> None:
    settings = apart()
    wire = connect(settings)
    declare(settings, wire, city(), 1, "test")
    declare(settings, wire, [("device", device("second"))], 2, "test")
    with following(settings) as follower:
        assert follower.current.get("device", EUI) == device("second")
        assert {k: len(follower.current.all(k)) for k in ("device", "codec", "property")} == {
            "device": 1,
            "codec": 1,
            "property": 1,
        }


def test_a_change_is_followed_and_can_be_waited_for(apart: World) -> None:
    settings = apart()
    wire = connect(settings)
    with following(settings) as follower:
        assert follower.current.get("device", EUI) is None
        declare(settings, wire, city(), 1, "test")
        assert follower.declarations.fresh().get("device", EUI) == device()
        declare(settings, wire, [("device", device("later"))], 2, "test")
        until(lambda: follower.current.get("device", EUI) == device("later"))


@pytest.mark.parametrize(
    ("objects", "remedy"),
    [
        (city(spikes={"suspect": 1, "max_gap": 1}), "no test 'spikes'"),
        (city(spike={"suspect": -1, "max_gap": 1}), "greater than or equal to 0"),
        (
            [
                *city(),
                (
                    "calibration",
                    Calibration(id="k", device=EUI, property="p", kind="cubic", params={}),
                ),
            ],
            "no kind 'cubic'",
        ),
        (city()[:3], "codec c: property 'p' is not declared: add it to the vocabulary"),
        (
            [*city(flat_line={"suspect": 1, "fail": 900 * 6000, "tolerance": 1})],
            "would keep 6192 samples .* shorten the longest window",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_remedy_and_nothing_is_published(
    apart: World, objects: list[tuple[str, Declared]], remedy: str
) -> None:
    settings = apart()
    wire = connect(settings)
    with pytest.raises(Stop, match=remedy):
        declare(settings, wire, objects, 1, "test")
    with following(settings) as follower:
        assert not follower.current.all("device")


@pytest.mark.parametrize("key", [None, b"\xff", b"gadget/x", b""])
def test_a_message_that_is_no_declaration_is_passed_over(apart: World, key: bytes | None) -> None:
    settings = apart()
    wire = connect(settings)
    producer = Producer(producer_options(settings))
    producer.produce(REGISTRY.name(settings.topic_prefix), b"junk", key or b"k", partition=0)
    if key is not None:
        producer.produce(REGISTRY.name(settings.topic_prefix), b"junk", key, partition=0)
    assert producer.flush(20) == 0
    declare(settings, wire, city(), 1, "test")
    with following(settings) as follower:
        assert follower.current.get("device", EUI) == device()


@pytest.mark.parametrize("field", ["resolution", "nominal_period"])
@pytest.mark.parametrize("value", [float("inf"), float("nan"), 0.0, -1.0, 1e-300, 1e300])
def test_numbers_that_no_arithmetic_survives_are_refused(field: str, value: float) -> None:
    good = {"resolution": city()[3][1], "nominal_period": device()}[field]
    with pytest.raises(ValidationError):
        type(good).model_validate(good.model_dump() | {field: value})
