"""After a run: is every row the oracle's, was none said twice, and is all state at its place?"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from streams import topics
from streams.kafka import consumer_options, high_watermarks
from streams.settings import Settings
from streams.wire import Wire
from tests.chaos.plan import Plan
from tests.oracle.declared import SECOND
from tests.oracle.differences import differences
from tests.oracle.murmur2 import partition
from tests.oracle.observations import Row, observations
from tests.oracle.windows import Window, windows

HOUR = 3600 * SECOND
POSITION = b"position/"
CHUNK = b"chunk/"


def stored_until(client: Client) -> dict[tuple[str, int], int]:
    """The last tick that the store met, microseconds, by topic and partition."""
    sql = "SELECT topic, partition, toUnixTimestamp64Micro(at) FROM frontier FINAL"
    return {(row[0], row[1]): row[2] for row in client.query(sql).result_rows}


def behind(client: Client, settings: Settings, tick: int) -> list[str]:
    """Partitions of which the store has not met a tick."""
    met = stored_until(client)
    wanted = [(t, p) for t in ("observations", "windows") for p in range(settings.partitions)]
    return [f"{t}/{p}" for t, p in wanted if met.get((t, p), 0) < tick]


def audit(client: Client, settings: Settings, wire: Wire, plan: Plan) -> list[str]:
    """What is wrong, a line each; nothing where all is well."""
    norm = plan.city.norm()
    rows = observations(list(plan.frames), norm)
    expected = windows(rows, norm)
    hours = {(key[0], key[3] // HOUR) for key in rows}
    hours |= {(key[0], key[3] // HOUR) for key in expected}
    return [
        *differences(rows, _stored(client, "observation", Row)),
        *differences(expected, _stored(client, "window", Window)),
        *_said(settings, wire, topics.OBSERVATIONS, "observed_at"),
        *_said(settings, wire, topics.WINDOWS, "start"),
        *_placed(settings, hours),
        *_dead(client, plan.poison),
    ]


_KEY = {
    "observation": "device, property, channel, toUnixTimestamp64Micro(observed_at)",
    "window": "device, property, channel, toUnixTimestamp64Micro(start), duration",
}


_INSTANTS = {"arrival", "first_at", "last_at"}


def _stored(client: Client, view: str, kind: Any) -> dict[Any, dict[str, Any]]:
    names = [f.name for f in fields(kind)]
    columns = [f"toUnixTimestamp64Micro({n})" if n in _INSTANTS else n for n in names]
    columns = ["hex(frame_id)" if n == "frame_id" else n for n in columns]
    key = _KEY[view]
    size = key.count(",") + 1
    found: dict[Any, dict[str, Any]] = {}
    for row in client.query(f"SELECT {key}, {', '.join(columns)} FROM {view}").result_rows:  # noqa: S608
        content = dict(zip(names, row[size:], strict=True))
        if "frame_id" in content:
            content["frame_id"] = bytes.fromhex(content["frame_id"])
        if row[:size] in found:
            content["flag"] = f"two rows for {row[:size]}"
        found[tuple(row[:size])] = content
    return found


def _said(settings: Settings, wire: Wire, topic: topics.Topic, instant: str) -> Iterator[str]:
    """Every message of a row has a higher revision than the one before, and other content."""
    last: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for message in _read(settings, topic.name(settings.topic_prefix)):
        name, record = wire.decode(message.value())
        if name == "Tick":
            continue
        series = (record["device"], record["property"], record["channel"])
        key = (*series, record[instant], record.get("duration"))
        place = partition(record["device"].encode(), settings.partitions)
        before = last.get(key)
        if message.partition() != place or message.key() != record["device"].encode():
            yield f"{name} {key} on partition {message.partition()} instead of {place}"
        if before is not None and record["revision"] <= before["revision"]:
            yield f"{name} {key}: revision {record['revision']} after {before['revision']}"
        if before is not None and {**before, "revision": 0} == {**record, "revision": 0}:
            yield f"{name} {key}: said again without a change"
        last[key] = record


def _placed(settings: Settings, hours: set[tuple[str, int]]) -> Iterator[str]:
    """Every device's state is where its messages go, and every position is at the end."""
    kept: dict[tuple[int, bytes], bytes] = {}
    for message in _read(settings, topics.STATE.name(settings.topic_prefix)):
        kept[message.partition(), message.key()] = message.value()
    chunks = {(p, key) for (p, key), value in kept.items() if key.startswith(CHUNK) and value}
    wanted = {
        (partition(device.encode(), settings.partitions), CHUNK + f"{hour}/{device}".encode())
        for device, hour in hours
    }
    yield from (f"state {key!r} is missing on {p}" for p, key in sorted(wanted - chunks))
    yield from (f"state {key!r} is too much on {p}" for p, key in sorted(chunks - wanted))
    for handler, topic in (("decode", topics.UPLINKS), ("observe", topics.READINGS)):
        ends = _last_offsets(settings, topic.name(settings.topic_prefix))
        for p, end in ends.items():
            found = json.loads(kept[p, POSITION + handler.encode()])["offset"]
            if found != end:
                yield f"{handler}[{p}] stands at {found} of {end}"


def _dead(client: Client, poison: int) -> Iterator[str]:
    sql = "SELECT count() FROM dead_letter WHERE stage = 'decode'"
    found = client.query(sql).result_rows[0][0]
    if found != poison:
        yield f"{found} dead letters instead of {poison}"
    others = client.query("SELECT * FROM dead_letter WHERE stage != 'decode'").result_rows
    yield from (f"dead letter {row}" for row in others)


def _last_offsets(settings: Settings, topic: str) -> dict[int, int]:
    last = dict.fromkeys(range(settings.partitions), -1)
    for message in _read(settings, topic):
        last[message.partition()] = message.offset()
    return last


def _read(settings: Settings, topic: str) -> Iterator[Message]:
    """Everything committed on a topic, up to its end of now.

    Raises:
        TimeoutError: the end is not reached, as behind a transaction that stays open.
    """
    ends = {p: end for p, end in high_watermarks(settings, topic).items() if end}
    consumer = Consumer(
        consumer_options(settings, f"{settings.application}-audit", enable_partition_eof=True)
    )
    deadline = time.monotonic() + 60
    try:
        consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in ends])
        while ends:
            for message in consumer.consume(5000, 1.0):
                error = message.error()
                if error is None:
                    yield message
                if ends.get(message.partition(), 0) <= message.offset() + (error is None):
                    ends.pop(message.partition(), None)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} cannot be read to its end: {ends} are open")
    finally:
        consumer.close()
