"""From a real disk to a real Kafka, with what can never get there."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.webhook.append import Appender
from connectors.webhook.drain import Drain
from connectors.webhook.frames import Spooled
from connectors.webhook.keeping import Keeping
from connectors.webhook.meters import Meters, meters
from connectors.webhook.spool import Spool, opened
from streams.kafka import consumer_options
from streams.settings import Settings

SMALL = [Spooled(b"device", b"value %d" % n, 1_790_000_000_000 + n) for n in range(300)]
LARGE = Spooled(b"device", random.Random(1).randbytes(10_000), 1_790_000_000_000)


def _topic(settings: Settings) -> str:
    """One that takes small records only."""
    name = f"{settings.topic_prefix}.small"
    topic = NewTopic(name, 1, 1, config={"max.message.bytes": "4000"})
    admin = AdminClient({"bootstrap.servers": settings.kafka})
    admin.create_topics([topic])[name].result(15)
    return name


def _values(settings: Settings, topic: str) -> list[tuple[bytes, int]]:
    consumer = Consumer(consumer_options(settings, "drain-tests", enable_partition_eof=True))
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = []
    while not (message := consumer.poll(10.0)).error():
        found.append((message.value(), message.timestamp()[1]))
    consumer.close()
    return found


async def _drained(
    settings: Settings, topic: str, spool: Spool, records: list[Spooled], counted: Meters
) -> None:
    async with Appender(settings, topic) as appender:
        keeping = Keeping(appender.append, spool, 5.0, 1000, counted.spool)
        tasks = [asyncio.create_task(spool.write())]
        await asyncio.gather(*map(spool.put, records))
        tasks.append(asyncio.create_task(Drain(keeping, 10.0, pause=0.01).run()))
        async with asyncio.timeout(60):
            while spool.records:
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def test_a_record_that_kafka_refuses_costs_no_other_and_is_kept_aside(
    apart: Callable[..., Settings], tmp_path: Path
) -> None:
    settings, counted = apart(partitions=1), meters()
    topic = _topic(settings)

    async def run() -> None:
        async with opened(tmp_path, 1 << 20, 0) as spool:
            records = [*SMALL[:150], LARGE, *SMALL[150:]]
            await _drained(settings, topic, spool, records, counted)
            assert spool.size == len(LARGE.value)

    asyncio.run(run())
    found = _values(settings, topic)
    assert set(found) == {(r.value, r.timestamp) for r in SMALL}
    (aside,) = (tmp_path / "aside").iterdir()
    assert (aside.read_bytes(), aside.suffix) == (LARGE.value, ".too_large")
    assert counted.spool.aside.collect()[0].samples[0].value == 1


def test_damage_is_kept_aside_and_costs_its_record_only(
    apart: Callable[..., Settings], tmp_path: Path
) -> None:
    settings, counted = apart(partitions=1), meters()
    topic = _topic(settings)

    async def write() -> None:
        async with opened(tmp_path, 1 << 20, 0) as spool:
            writer = asyncio.create_task(spool.write())
            await asyncio.gather(*map(spool.put, SMALL))
            writer.cancel()

    async def drain() -> None:
        async with opened(tmp_path, 1 << 20, 0) as spool:
            await _drained(settings, topic, spool, [], counted)

    asyncio.run(write())
    (segment,) = tmp_path.glob("*.segment")
    content = bytearray(segment.read_bytes())
    content[SMALL[0].size + 30] ^= 8
    segment.write_bytes(content)
    asyncio.run(drain())
    expected = [SMALL[0], *SMALL[2:]]
    assert set(_values(settings, topic)) == {(r.value, r.timestamp) for r in expected}
    assert [p.suffix for p in (tmp_path / "aside").iterdir()] == [".damaged"]
    assert list(tmp_path.glob("*.segment")) == []


def test_a_segment_that_cannot_be_read_holds_up_no_other(tmp_path: Path) -> None:
    """It is tried again once the others are through."""
    taken: list[Spooled] = []

    async def append(record: Spooled, _: float) -> None:
        taken.append(record)

    async def run() -> None:
        async with opened(tmp_path, 1 << 20, 0) as spool:
            writer = asyncio.create_task(spool.write())
            for n, record in enumerate(SMALL[:3], 1):
                await spool.put(record)
                await spool.close()
                assert len(list(tmp_path.glob("*.segment"))) == n
            first = min(tmp_path.glob("*.segment"))
            unreadable = first.with_suffix(".elsewhere")
            first.rename(unreadable)
            keeping = Keeping(append, spool, 5.0, 1000, meters().spool)
            draining = asyncio.create_task(Drain(keeping, 10.0, pause=0.001).run())
            async with asyncio.timeout(10):
                while len(taken) < 2:
                    await asyncio.sleep(0.001)
                unreadable.rename(first)
                while spool.records:
                    await asyncio.sleep(0.001)
            for task in (writer, draining):
                task.cancel()
            await asyncio.wait((writer, draining))

    asyncio.run(run())
    assert taken == [SMALL[1], SMALL[2], SMALL[0]]
