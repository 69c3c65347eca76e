"""The latest letters on a real broker, past the marks of transactions and what was aborted."""

from collections.abc import Callable, Sequence
from itertools import count

import pytest
from confluent_kafka import Producer

from streams.dead_letter_reader import DeadLetters, described
from streams.dead_letters import headers
from streams.errors import Retry, Stop
from streams.handler import Record
from streams.kafka import producer_options
from streams.settings import Settings
from streams.topics import DEAD_LETTERS

World = Callable[..., Settings]
REASONS = ("encrypted", "unknown_device")


def bury(producer: Producer, settings: Settings, numbers: Sequence[int]) -> None:
    """Letter n arrives n seconds after 1970, on partition n % 2."""
    for n in numbers:
        producer.produce(
            DEAD_LETTERS.name(settings.topic_prefix),
            b"body %d" % n,
            b"device",
            partition=n % 2,
            timestamp=n * 1000,
            headers=[
                ("traceparent", b"00"),
                *headers("uplinks", 3, n, "decode", REASONS[n // 2 % 2], "why"),
            ],
        )


def transactional(settings: Settings) -> Producer:
    producer = Producer(producer_options(settings, transactional_id=settings.application))
    producer.init_transactions(20)
    return producer


@pytest.fixture
def world(apart: World) -> Settings:
    """Letters 1 to 12 committed by threes, with an aborted batch between, a mark at the end."""
    settings = apart(partitions=2, clock="simulated")
    producer = transactional(settings)
    for first in (1, 4, 7, 10):
        for aborted in (True, False):
            producer.begin_transaction()
            bury(producer, settings, [90] if aborted else range(first, first + 3))
            (producer.abort_transaction if aborted else producer.commit_transaction)(20)
    return settings


def seconds(settings: Settings, block: int, most: int = 100, since: int = 0) -> list[int]:
    with DeadLetters(settings, block) as letters:
        return [of.at // 1_000_000 for of in letters.latest(most, since=since)]


def test_the_latest_are_found_whatever_is_read_at_once(world: Settings) -> None:
    for block in (3, 2000):
        assert seconds(world, block) == list(range(1, 13))
        assert seconds(world, block, most=3) == [10, 11, 12]
        assert seconds(world, block, since=9_000_000) == [9, 10, 11, 12]
        assert seconds(world, block, since=9_000_001) == [10, 11, 12]
    assert seconds(world, 2000, since=13_000_000) == []


def test_those_that_are_wanted_are_looked_for_beyond_those_that_are_not(world: Settings) -> None:
    with DeadLetters(world, 2) as letters:
        found = letters.latest(2, lambda of: of.reason == "encrypted" and of.at < 6_000_000)
    assert [(of.at, of.reason) for of in found] == [
        (4_000_000, "encrypted"),
        (5_000_000, "encrypted"),
    ]


def test_a_letter_is_shown_byte_for_byte_at_the_place_that_the_list_names(world: Settings) -> None:
    with DeadLetters(world) as letters:
        (last,) = letters.latest(1)
        record = letters.at(last.partition, last.offset)
    assert (record.key, record.value) == (b"device", b"body 12")
    assert described(record) == last
    assert (last.topic, last.read_at, last.stage) == ("uplinks", "3/12", "decode")


def test_where_there_is_none_it_says_so(world: Settings) -> None:
    with DeadLetters(world) as letters:
        end = 1 + max(of.offset for of in letters.latest(100) if of.partition == 0)
        for place in ((0, end), (0, end + 100), (2, 0), (0, 10**17)):  # the first is a mark
            with pytest.raises(Stop, match="no dead letter at"):
                letters.at(*place)


def test_what_an_open_transaction_holds_is_not_waited_for(world: Settings) -> None:
    producer = transactional(world.model_copy(update={"application": "other"}))
    producer.begin_transaction()
    bury(producer, world, [20, 21])
    producer.flush(20)
    try:
        assert seconds(world, 2000, most=2) == [11, 12]
    finally:
        producer.abort_transaction(20)


def test_an_empty_topic_has_none(apart: World) -> None:
    assert seconds(apart(partitions=2), 2000) == []


def test_a_look_ends_in_time(world: Settings) -> None:
    clock = count(0.0, 61.0).__next__
    with (
        DeadLetters(world, clock=clock) as letters,
        pytest.raises(Retry, match="within 60 s: give --since"),
    ):
        letters.latest(1)


def test_a_broker_that_is_away_is_said(world: Settings) -> None:
    away = world.model_copy(update={"kafka_url": "127.0.0.1:1"})
    with DeadLetters(away, within=0.5) as letters:
        with pytest.raises(Retry, match="vigie status"):
            letters.latest(1)
        with pytest.raises(Retry, match=r"127\.0\.0\.1:1"):
            letters.at(0, 0)


def test_a_letter_without_our_headers_stands_for_itself() -> None:
    found = described(Record("t", 1, 2, None, None, (("vigie.errors.reason", None),), 3))
    assert (found.topic, found.read_at, found.reason, found.at) == ("t", "1/2", "", 3000)
