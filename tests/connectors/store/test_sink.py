"""The sink on a real Kafka and a real store: nothing lost, nothing doubled, whatever dies."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.store import sink
from connectors.store.queries import ask
from streams import dead_letters, topics
from streams.errors import Stop
from streams.kafka import consumer_options, high_watermarks
from streams.settings import Settings
from streams.topics import Topic
from streams.wire import Wire
from tests.connectors.store.conftest import Send
from tests.connectors.store.proxy import line_to
from tests.connectors.store.records import (
    MINUTE,
    START,
    declaration,
    device_event,
    observation,
    window,
)
from tests.world import sinking

PATIENCE = 60.0
"""Seconds for a thing to become so."""


def _becomes(so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.1)


def _committed(settings: Settings, topic: Topic) -> int:
    """Committed offsets of the sink, summed over the partitions; -1 while no broker knows."""
    group = f"{settings.application}-sink"
    consumer = Consumer(consumer_options(settings, group))
    name = topic.name(settings.topic_prefix)
    wanted = [TopicPartition(name, p) for p in range(settings.partitions)]
    try:
        return sum(max(t.offset, 0) for t in consumer.committed(wanted, timeout=20))
    except KafkaException as e:
        if "COORDINATOR" in e.args[0].name():
            return -1
        raise
    finally:
        consumer.close()


def _end(settings: Settings, topic: Topic) -> int:
    return sum(high_watermarks(settings, topic.name(settings.topic_prefix)).values())


def _stored(settings: Settings, topic: Topic) -> Callable[[], bool]:
    return lambda: _committed(settings, topic) == _end(settings, topic)


def _observations(wire: Wire, n: int) -> list[tuple[bytes, bytes, None]]:
    """``n`` samples of a hundred devices, a minute apart."""
    records = (observation(f"D{i % 100}", START + i // 100 * MINUTE, i + 1) for i in range(n))
    return [(r["device"].encode(), wire.encode("Observation", r), None) for r in records]


def _rows(client: Client) -> list[tuple[Any, ...]]:
    sql = "SELECT device, observed_at, revision, value, tests FROM observation ORDER BY ALL"
    return list(client.query(sql).result_rows)


def test_the_store_holds_what_was_sent_and_sending_it_again_changes_nothing(
    world: Settings, client: Client, wire: Wire, send: Send
) -> None:
    sent = _observations(wire, 2000)
    of_kinds: dict[str, Any] = {
        "held": 1.5,
        "area": 0.0,
        "increase": None,
        "resets": 2,
        "rollovers": 0,
        "sines": -0.5,
        "cosines": None,
        "states": {"0": 1.5, "1": 0.25},
        "levels": [-3, 601],
        "level_counts": [1, 2],
    }
    quarter = wire.encode("Window", window("D1", first_at=START, **of_kinds))
    send(topics.OBSERVATIONS, sent)
    send(topics.WINDOWS, [(b"D1", quarter, None)])
    with sinking(world):
        _becomes(_stored(world, topics.OBSERVATIONS))
        _becomes(_stored(world, topics.WINDOWS))
        once = _rows(client)
        assert len(once) == 2000
        assert {row[2] for row in once} == set(range(1, 2001))
        random.Random(1).shuffle(sent)
        send(topics.OBSERVATIONS, sent)
        send(topics.WINDOWS, [(b"D1", quarter, None)])
        _becomes(_stored(world, topics.OBSERVATIONS))
        _becomes(_stored(world, topics.WINDOWS))
    assert _rows(client) == once
    [row] = client.query("SELECT * FROM window").named_results()
    assert {k: row[k] for k in ("device", "good", "energy", "exposure", "last")} == {
        "device": "D1",
        "good": 1,
        "energy": 900e6,
        "exposure": 900.0,
        "last": 60.0,
    }
    assert {k: row[k] for k in of_kinds} == of_kinds
    assert (row["first_at"], row["last_at"]) == (row["start"], None)


def test_an_event_that_comes_twice_is_stored_once_with_what_it_says(
    world: Settings, client: Client, wire: Wire, send: Send
) -> None:
    copies = [device_event(), device_event(arrival=START + 2_000_000), device_event("B")]
    send(topics.EVENTS, [(b"A", wire.encode("DeviceEvent", e), None) for e in copies])
    with sinking(world):
        _becomes(_stored(world, topics.EVENTS))
    bound = {"device": "A", "since": "2026-01-01", "until": "2027-01-01", "limit": 10}
    [event] = ask(client, "device_events", **bound)
    assert (event["measures"], event["counter"]) == ({"battery_level": 0.0}, 0)
    assert (event["details"], event["session"]) == ('{"external": false}', None)
    assert event["event_id"] == b"0123456789abcdef".hex()


def test_the_higher_revision_counts_in_any_order_and_a_tombstone_hides(
    world: Settings, client: Client, wire: Wire, send: Send
) -> None:
    versions = [
        observation("kept", revision=3, value=3.0),
        observation("kept", revision=1, value=1.0),
        observation("gone", revision=5),
        observation("gone", revision=6, is_deleted=True, value=None),
        observation("gone", revision=4),
        observation("back", revision=1, is_deleted=True),
        observation("back", revision=2, value=7.0),
    ]
    with sinking(world):
        for record in versions:
            message = wire.encode("Observation", record)
            send(topics.OBSERVATIONS, [(record["device"].encode(), message, None)])
        _becomes(_stored(world, topics.OBSERVATIONS))
    assert [(row[0], row[3]) for row in _rows(client)] == [("back", 7.0), ("kept", 3.0)]


def test_what_is_declared_and_what_waits_come_and_go(
    world: Settings, client: Client, wire: Wire, send: Send
) -> None:
    body = '{"id":"A","name":"Bac","use_case":"pav","nominal_period":900}'
    device = wire.encode("Declaration", declaration("device", "A", body))
    day = wire.encode("Pending", {"device": "A", "day": 20_000, "reason": "late", "at": START})
    with sinking(world):
        send(topics.REGISTRY, [(b"device/A", device, None)])
        send(topics.PENDING, [(b"A/20000", day, None)])
        _becomes(lambda: ask(client, "counts")[0]["devices"] == 1)
        _becomes(lambda: ask(client, "counts")[0]["pending_days"] == 1)
        send(topics.REGISTRY, [(b"device/A", None, None)])
        send(topics.PENDING, [(b"A/20000", None, None)])
        _becomes(lambda: ask(client, "counts")[0]["devices"] == 0)
        _becomes(lambda: ask(client, "counts")[0]["pending_days"] == 0)


def test_a_tick_is_met_when_all_before_it_is_stored(
    world: Settings, client: Client, wire: Wire, send: Send
) -> None:
    send(topics.OBSERVATIONS, _observations(wire, 3000))
    tick = wire.encode("Tick", {"at": START})
    send(topics.OBSERVATIONS, [(None, tick, p) for p in range(world.partitions)])
    with sinking(world.model_copy(update={"sink_batch_max": 100})):
        sql = "SELECT count() FROM frontier FINAL WHERE topic = 'observations'"
        _becomes(lambda: client.query(sql).result_rows[0][0] == world.partitions)
        assert len(_rows(client)) == 3000
    [frontier] = ask(client, "frontier")
    assert frontier["at"].timestamp() * 1e6 == START


def test_poison_becomes_a_dead_letter_byte_for_byte_and_the_flow_goes_on(
    world: Settings, client: Client, wire: Wire, send: Send
) -> None:
    poison = b"\x00\xff poison \xfe"
    send(topics.OBSERVATIONS, [(b"D1", poison, 1), *_observations(wire, 50)])
    with sinking(world):
        _becomes(lambda: len(_rows(client)) == 50)
        _becomes(lambda: len(ask(client, "dead_letters")) == 1)
    letter = next(_letters(world))
    assert (letter.key(), letter.value()) == (b"D1", poison)
    why = dead_letters.said(letter.headers())
    assert (why["topic"], why["partition"], why["offset"], why["stage"], why["reason"]) == (
        topics.OBSERVATIONS.name(world.topic_prefix),
        "1",
        "0",
        "sink",
        "unknown_schema",
    )
    [summary] = ask(client, "dead_letters")
    assert (summary["stage"], summary["reason"], summary["letters"]) == (
        "sink",
        "unknown_schema",
        1,
    )


def _letters(settings: Settings) -> Iterator[Any]:
    consumer = Consumer(consumer_options(settings, f"{settings.application}-test"))
    name = topics.DEAD_LETTERS.name(settings.topic_prefix)
    consumer.assign([TopicPartition(name, p, 0) for p in range(settings.partitions)])
    try:
        while message := consumer.poll(10):
            yield message
    finally:
        consumer.close()


def test_while_the_store_is_away_nothing_is_committed_and_then_all_is_caught_up(
    world: Settings, client: Client, wire: Wire, send: Send
) -> None:
    with line_to(world.clickhouse) as line:
        far = world.model_copy(update={"clickhouse_url": f"http://127.0.0.1:{line.port}"})
        send(topics.OBSERVATIONS, _observations(wire, 100))
        with sinking(far):
            _becomes(_stored(world, topics.OBSERVATIONS))
            line.cut()
            before = _committed(world, topics.OBSERVATIONS)
            send(topics.OBSERVATIONS, _observations(wire, 1000))
            time.sleep(2)
            assert _committed(world, topics.OBSERVATIONS) == before
            line.mend()
            _becomes(_stored(world, topics.OBSERVATIONS))
        assert len(_rows(client)) == 1000


@pytest.mark.parametrize(("phase", "seed"), [("begin", 1), ("begin", 2), ("inserted", 3)])
def test_a_kill_in_the_middle_of_a_batch_loses_nothing(
    world: Settings, client: Client, wire: Wire, send: Send, tmp_path: Path, phase: str, seed: int
) -> None:
    rng, journal = random.Random(seed), tmp_path / "journal"
    send(topics.OBSERVATIONS, _observations(wire, 6000))
    first = _start(world, journal)
    met = rng.randint(3, 6)
    _becomes(lambda: _phases(journal).count(phase) >= met)
    time.sleep(rng.uniform(0, 0.02))
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    assert _committed(world, topics.OBSERVATIONS) < 6000, "it was killed in the middle"
    second = _start(world, journal)
    try:
        _becomes(_stored(world, topics.OBSERVATIONS))
    finally:
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
    assert sorted(row[2] for row in _rows(client)) == list(range(1, 6001))


def _phases(journal: Path) -> list[str]:
    return journal.read_text("utf-8").split() if journal.exists() else []


def _start(settings: Settings, journal: Path) -> subprocess.Popen[bytes]:
    given = {
        "home": settings.home,
        "application": settings.application,
        "topic_prefix": settings.topic_prefix,
        "partitions": settings.partitions,
        "kafka_url": settings.kafka,
        "schema_registry_url": settings.schema_registry,
        "clickhouse_url": settings.clickhouse,
        "clickhouse_database": settings.clickhouse_database,
        "clickhouse_password": settings.clickhouse_password.get_secret_value(),
        "sink_batch_max": 200,
        "sink_within": 0.05,
    }
    environment = {f"VIGIE_{name.upper()}": str(value) for name, value in given.items()}
    command = (sys.executable, "-m", "tests.connectors.store.sink_process", str(journal))
    return subprocess.Popen(command, env=environment)


def test_a_store_without_tables_stops_the_sink_with_the_remedy(
    apart: Callable[..., Settings],
) -> None:
    with pytest.raises(Stop, match="vigie run bootstrap"):
        sink.run(apart(partitions=1), threading.Event())


def test_a_sink_that_waits_can_be_stopped(world: Settings) -> None:
    away = world.model_copy(update={"clickhouse_url": "http://127.0.0.1:9"})
    stop = threading.Event()
    thread = threading.Thread(target=sink.run, args=(away, stop))
    thread.start()
    time.sleep(0.5)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
