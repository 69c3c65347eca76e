"""A topic without some of its records, on a real broker, killed halfway as well."""

from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Producer

from connectors.erasure import rewriting
from connectors.erasure.reading import Reader
from connectors.erasure.rewriting import Fate, Rewritten, rewrite
from streams.errors import Retry
from streams.handler import Record, moved_from
from streams.kafka import high_watermark, producer_options
from streams.settings import Settings
from streams.topics import READINGS

VALUES = (b"a", b"gone", b"tick", b"b", b"gone", b"c")


@pytest.fixture
def world(apart: Callable[..., Settings]) -> Settings:
    settings = apart(partitions=2)
    producer = Producer(producer_options(settings))
    for n, value in enumerate(VALUES):
        header = [("trace", b"%d" % n)]
        where: dict[str, Any] = {"partition": 1, "timestamp": 1_790_000_000_000 + n}
        producer.produce(topic(settings), value, b"k", headers=header, **where)
    assert producer.flush(20) == 0
    return settings


def topic(settings: Settings) -> str:
    return READINGS.name(settings.topic_prefix)


def fate(record: Record) -> Fate:
    return Fate(gone=record.value == b"gone", moved=record.value != b"tick")


def content(settings: Settings) -> list[Record]:
    end = high_watermark(settings, topic(settings), 1)
    with Reader(settings) as reader:
        return list(reader.records(topic(settings), 1, end))


def rewritten(settings: Settings, partition: int, until: int, what: Any = fate) -> Rewritten:
    with Reader(settings) as reader:
        return rewrite(reader, topic(settings), partition, until, what)


def test_what_stays_lies_behind_as_it_was(world: Settings) -> None:
    done = rewritten(world, 1, len(VALUES))
    assert done == Rewritten(1, gone=2, moved=2, left_out=1, until=5)
    with Reader(world) as reader:
        assert reader.low(topic(world), 1) == 5
    last, *moved = content(world)
    assert (last.value, last.offset) == (b"c", 5)
    assert [(r.value, r.key, r.partition, r.timestamp) for r in moved] == [
        (b"a", b"k", 1, 1_790_000_000_000),
        (b"b", b"k", 1, 1_790_000_000_003),
    ]
    assert [r.headers[0] for r in moved] == [("trace", b"0"), ("trace", b"3")]
    assert [moved_from(r.headers) for r in moved] == [0, 3]


def test_nothing_is_written_where_nothing_goes(world: Settings) -> None:
    assert rewritten(world, 1, len(VALUES), lambda _: Fate()) == Rewritten(1)
    assert rewritten(world, 0, 0) == Rewritten(0)
    assert [r.value for r in content(world)] == list(VALUES)


def test_what_is_moved_again_says_where_it_lay_last(world: Settings) -> None:
    rewritten(world, 1, len(VALUES))
    end = high_watermark(world, topic(world), 1)
    rewritten(world, 1, end, lambda r: Fate(gone=r.value == b"b"))
    assert [(r.value, moved_from(r.headers)) for r in content(world)] == [(b"c", 5), (b"a", 6)]


def test_killed_before_the_head_goes_it_is_finished_by_the_next(
    world: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Retry("killed")

    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "delete_until", killed)
        with pytest.raises(Retry):
            rewritten(world, 1, len(VALUES))
    rewritten(world, 1, len(VALUES))
    values = [r.value for r in content(world)]
    assert sorted(set(values)) == [b"a", b"b", b"c"], "twice at most, and nothing is lost"
    assert values.count(b"c") == 1
