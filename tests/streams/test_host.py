"""Lanes and hosts on a real broker: a batch happens wholly or not at all, and exactly once."""

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
import stamina
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.errors import Retry, Skip
from streams.handler import MOVED, Effects, Handler, Output, Record
from streams.host import Host
from streams.kafka import consumer_options, high_watermark, producer_options
from streams.lane import Fenced, open_lane
from streams.settings import Settings
from streams.topic_reader import RangeReader, read_to_end
from streams.topics import DEAD_LETTERS, OBSERVATIONS, READINGS, STATE

World = Callable[..., Settings]


@dataclass
class Seen:
    """Counts how often each value was handled."""

    counts: dict[str, int] = field(default_factory=dict)


def handle(state: Seen, clock: int, records: Sequence[Record]) -> tuple[Effects, int]:
    effects = Effects()
    for record in records:
        text = (record.value or b"").decode()
        if text == "poison":
            effects.dead_letter(record, "test", Skip("poison", "as asked"))
            continue
        state.counts[text] = state.counts.get(text, 0) + 1
        effects.outputs.append(
            Output(OBSERVATIONS, b"k", text.encode(), record.timestamp, record.partition)
        )
        effects.state[text.encode()] = str(state.counts[text]).encode()
    return effects, max([clock, *(r.offset for r in records)])


def restore(state: Seen, key: bytes, value: bytes) -> None:
    state.counts[key.decode()] = int(value)


HANDLER = Handler("test", READINGS, Seen, restore, handle)


def host(settings: Settings) -> Host[Seen]:
    made = Host(HANDLER, settings, lambda *_: None)
    made.assign(frozenset({0}))
    return made


def now() -> int:
    return time.time_ns() // 1_000_000


def send(settings: Settings, values: list[str], **options: object) -> None:
    producer = Producer(producer_options(settings, **options))
    for value in values:
        producer.produce(READINGS.name(settings.topic_prefix), value.encode(), partition=0)
    assert producer.flush(20) == 0


def delivered(settings: Settings) -> list[Record]:
    topic = READINGS.name(settings.topic_prefix)
    end = high_watermark(settings, topic, 0)
    return RangeReader(settings, topic).between(0, 0, end)


def committed(settings: Settings, topic: str) -> list[str]:
    end = high_watermark(settings, topic, 0)
    records = RangeReader(settings, topic).between(0, 0, end) if end else []
    return [(r.value or b"").decode() for r in records]


def observed(settings: Settings) -> list[str]:
    return committed(settings, OBSERVATIONS.name(settings.topic_prefix))


def test_what_was_not_delivered_is_read_by_hand_and_judged_first(apart: World) -> None:
    settings = apart(partitions=1, batch_max=7)
    values = [str(i) for i in range(40)]
    send(settings, values)
    records = delivered(settings)
    ours = host(settings)
    ours.process(0, records[30:32])
    ours.process(0, records[31:33] + records[5:9])
    ours.process(0, records[-1:])
    assert observed(settings) == values
    assert set(ours.lanes[0].state.counts.values()) == {1}


def test_state_position_and_clock_come_back(apart: World) -> None:
    settings = apart(partitions=1)
    send(settings, ["a", "b", "a"])
    host(settings).process(0, delivered(settings))
    lane = open_lane(HANDLER, 0, settings)
    assert lane.state.counts == {"a": 2, "b": 1}
    assert (lane.position, lane.clock) == (2, 2)
    again = host(settings)
    again.process(0, delivered(settings))
    assert observed(settings) == ["a", "b", "a"]


def test_who_had_the_partition_before_is_fenced_and_writes_nothing(apart: World) -> None:
    settings = apart(partitions=1)
    send(settings, ["a"])
    stalled = host(settings)
    stalled.process(0, ())
    successor = host(settings)
    successor.process(0, delivered(settings))
    send(settings, ["b"])
    with pytest.raises(Fenced):
        stalled.process(0, delivered(settings)[1:])
    assert observed(settings) == ["a"]
    stalled.revoke()
    stalled.process(0, delivered(settings)[1:])
    successor.process(0, delivered(settings)[1:])
    assert observed(settings) == ["a", "b"]


def test_nothing_is_written_by_an_attempt_that_is_aborted(apart: World) -> None:
    settings = apart(partitions=1)
    send(settings, ["a"])
    lane = open_lane(HANDLER, 0, settings)
    lane.producer.begin_transaction()
    lane.producer.produce(OBSERVATIONS.name(settings.topic_prefix), b"no", partition=0)
    lane.producer.flush(10)
    lane.producer.abort_transaction()
    ours = host(settings)
    ours.process(0, delivered(settings))
    assert observed(settings) == ["a"]


def test_state_behind_the_open_transaction_of_another_is_waited_for(apart: World) -> None:
    """The read-committed end lies before it: a reader that stops there loses state."""
    settings = apart(partitions=1)
    ours = host(settings)
    ours.process(0, ())
    other = open_lane(Handler("other", READINGS, Seen, restore, handle), 0, settings)
    other.producer.begin_transaction()
    state = STATE.name(settings.topic_prefix)
    other.producer.produce(state, b"1", b"other", partition=0)
    other.producer.flush(10)
    send(settings, ["a"])
    ours.process(0, delivered(settings))
    timer = threading.Timer(2.0, other.producer.commit_transaction)
    timer.start()
    kept = read_to_end(settings, state, 0)
    timer.join()
    assert kept[b"a"] == b"1"
    assert json.loads(kept[b"position/test"])["offset"] == 0


def test_a_poisoned_record_is_a_dead_letter_byte_for_byte(apart: World) -> None:
    settings = apart(partitions=1)
    send(settings, ["a", "poison", "b"])
    host(settings).process(0, delivered(settings))
    assert observed(settings) == ["a", "b"]
    topic = DEAD_LETTERS.name(settings.topic_prefix)
    (letter,) = RangeReader(settings, topic).between(0, 0, high_watermark(settings, topic, 0))
    assert letter.value == b"poison"
    headers = dict(letter.headers)
    assert headers["vigie.errors.reason"] == b"poison"
    assert headers["vigie.errors.offset"] == b"1"


def test_the_largest_body_that_the_door_takes_can_be_a_dead_letter(apart: World) -> None:
    settings = apart(partitions=1)
    letter = Record("t", 0, 0, None, os.urandom(settings.webhook_body_max + 4096), (), now())
    effects = Effects()
    effects.dead_letter(letter, "test", Skip("poison", "as asked"))
    open_lane(HANDLER, 0, settings).commit(effects, 0, 0, lambda: None)
    topic = DEAD_LETTERS.name(settings.topic_prefix)
    assert high_watermark(settings, topic, 0) > 0


def test_markers_of_transactions_are_no_gap_and_aborted_records_no_loss(apart: World) -> None:
    settings = apart(partitions=1)
    producer = Producer(producer_options(settings, transactional_id=settings.application))
    producer.init_transactions(20)
    topic = READINGS.name(settings.topic_prefix)
    for value, end in (
        ("a", producer.commit_transaction),
        ("no", producer.abort_transaction),
        ("b", producer.commit_transaction),
    ):
        producer.begin_transaction()
        producer.produce(topic, value.encode(), partition=0)
        producer.flush(10)
        end()
    ours = host(settings)
    records = delivered(settings)
    assert [r.offset for r in records] == [0, 4]
    ours.process(0, records)
    assert observed(settings) == ["a", "b"]


def test_what_was_moved_is_done_once_and_who_starts_anew_takes_it_where_it_lies(
    apart: World,
) -> None:
    settings = apart(partitions=1)
    send(settings, ["a", "b"])
    ours = host(settings)
    ours.process(0, delivered(settings))
    topic = READINGS.name(settings.topic_prefix)
    producer = Producer(producer_options(settings))
    producer.produce(topic, b"b", partition=0, headers=[(MOVED, b"1")])
    producer.flush(20)
    admin = AdminClient({"bootstrap.servers": settings.kafka})
    for done in admin.delete_records([TopicPartition(topic, 0, 2)]).values():
        done.result(20)
    send(settings, ["c"])
    restarted = host(settings)
    restarted.process(0, delivered(settings))
    assert observed(settings) == ["a", "b", "c"]
    assert restarted.lanes[0].position == 3
    other = settings.model_copy(update={"application": f"{settings.application}-new"})
    state = STATE.name(settings.topic_prefix)
    producer.produce(state, None, b"position/test", partition=0)
    producer.flush(20)
    anew = host(other)
    anew.process(0, delivered(other)[1:])
    assert observed(settings) == ["a", "b", "c", "b", "c"]


def test_partitions_are_worked_on_side_by_side(apart: World) -> None:
    settings = apart(partitions=4)
    ours = Host(HANDLER, settings, lambda *_: None)
    ours.assign(frozenset(range(4)))
    ours.open()
    assert sorted(ours.lanes) == [0, 1, 2, 3]
    ours.assign(frozenset({1, 2}))
    assert sorted(ours.lanes) == [1, 2]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda p: ours.process(p, ()), range(4)))
    assert sorted(ours.lanes) == [1, 2]


@stamina.retry(on=KafkaException, attempts=None, timeout=60.0)
def until_committed(settings: Settings, offset: int) -> None:
    """The first group of a broker waits for its coordinator."""
    group = Consumer(consumer_options(settings, settings.application))
    place = TopicPartition(READINGS.name(settings.topic_prefix), 0, offset)
    try:
        group.commit(offsets=[place], asynchronous=False)
    finally:
        group.close()


def test_what_the_group_counts_as_delivered_and_is_not_done_is_done_at_the_opening(
    apart: World,
) -> None:
    settings = apart(partitions=1)
    send(settings, ["a", "b", "c"])
    until_committed(settings, 2)
    host(settings).open()
    assert observed(settings) == ["a", "b"]


def test_a_batch_that_cannot_be_judged_yet_is_let_go_when_the_worker_is_to_end(
    apart: World,
) -> None:
    settings = apart(partitions=1)
    send(settings, ["a"])
    waits = threading.Event()

    def never(*_: object) -> tuple[Effects, int]:
        waits.set()
        raise Retry("a tick must confirm it")

    ours = Host(Handler("test", READINGS, Seen, restore, never), settings, lambda *_: None)
    ours.assign(frozenset({0}))
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(ours.process, 0, delivered(settings))
        assert waits.wait(60)
        ours.stop()
        assert done.result(60) is None
    assert ours.lanes[0].position == -1
    host(settings).process(0, delivered(settings))
    assert observed(settings) == ["a"]


@pytest.mark.parametrize(
    ("in_turn", "large", "together"), [(True, 1, 1), (True, 2, 2), (False, 1, 2)]
)
def test_large_batches_of_what_only_computes_are_done_in_turn(
    apart: World, monkeypatch: pytest.MonkeyPatch, in_turn: bool, large: int, together: int
) -> None:
    """Two partitions: side by side both must be at work at once, or the barrier is broken."""
    monkeypatch.setattr("streams.host.LARGE", large)
    settings = apart(partitions=2)
    meeting, at_work, most = threading.Barrier(together), set[int](), 0

    def meet(state: Seen, clock: int, records: Sequence[Record]) -> tuple[Effects, int]:
        nonlocal most
        at_work.add(records[0].partition)
        most = max(most, len(at_work))
        meeting.wait(20)
        most = max(most, len(at_work))
        at_work.discard(records[0].partition)
        return Effects(), clock

    both = Host(replace(HANDLER, handle=meet, in_turn=in_turn), settings, lambda *_: None)
    both.assign(frozenset({0, 1}))
    topic = READINGS.name(settings.topic_prefix)
    with ThreadPoolExecutor(2) as pool:
        for p in (0, 1):
            pool.submit(both.process, p, [Record(topic, p, 0, b"k", b"v")])
    assert most == together
