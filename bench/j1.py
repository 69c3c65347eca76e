"""Messages a second of one job from Kafka into ClickHouse: readings of 1,000 series on eight
partitions, judged by the functions of the batch, a partition at a time, in two processes; rows and
windows go over HTTP into the embedded gateway, and a partition's position is committed when all
that follows from it is acknowledged.

The job is that of ``bench.peers.job``: a linear calibration, range, rate of change and flat line,
windows. The ceiling is reading and decoding the same messages in as many processes, and nothing
else. Every observation is compared with what the plain Python of the job says.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import psutil
from confluent_kafka import Consumer, TopicPartition

from bench._broker import broker
from bench._city import City, expected, produced
from cli.processes import gateway
from connectors.store import migrations
from connectors.store.client import connect as connect_store
from connectors.store.restating import INSERT
from connectors.store.tables import SCHEMAS
from embedded.home import with_password
from embedded.process import running
from streams.garbage import collect_seldom
from streams.kafka import consumer_options, high_watermarks
from streams.registry import Registry
from streams.reprocess import arrow
from streams.reprocess.contract import Decoded, Job, Task
from streams.reprocess.ranges import EARLIEST, LATEST
from streams.reprocess.samples import decoded
from streams.reprocess.task import judge
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topics import READINGS
from streams.wire import Wire

CITY = City(1_000, 240)
PROCESSES = 2
GROUP = "bench-j1"


@dataclass(frozen=True)
class Took:
    """When a process began and ended, seconds of one clock for all, and what it took to do it,
    ``cpu`` in seconds."""

    began: float
    ended: float
    messages: int
    cpu: float
    rss_mib: float


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in messages a second of both; ``cpu_us`` and ``ceiling_cpu_us`` the
    CPU of the two processes in microseconds a message, without Kafka and ClickHouse; ``rss_mib`` of
    the larger process."""
    with broker() as settings, ExitStack() as stack:
        settings = with_password(settings, make=True)
        stack.enter_context(running(gateway(settings), settings.home / "logs"))
        migrations.apply(settings)
        produced(settings, connect(settings), CITY)
        ceiling, alone, _ = _rate(partial(_read, settings))
        rate, cpu, rss = _rate(partial(_judge, settings))
        _check(settings)
    return {
        "rate": round(rate),
        "ceiling": round(ceiling),
        "ratio": round(rate / ceiling, 3),
        "cpu_us": round(cpu, 1),
        "ceiling_cpu_us": round(alone, 1),
        "messages": CITY.size,
        "rss_mib": round(rss),
    }


def _rate(work: Callable[[Sequence[int]], Took]) -> tuple[float, float, float]:
    parts = [range(n, 8, PROCESSES) for n in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        took = list(pool.map(work, parts))
    messages = sum(one.messages for one in took)
    assert messages == CITY.size, messages  # noqa: S101
    seconds = max(one.ended for one in took) - min(one.began for one in took)
    cpu = sum(one.cpu for one in took) / messages * 1e6
    return messages / seconds, cpu, max(one.rss_mib for one in took)


def _read(settings: Settings, partitions: Sequence[int]) -> Took:
    """Read and decode, and keep nothing."""
    return _each(settings, partitions, lambda frames: sum(1 for _ in frames))


def _judge(settings: Settings, partitions: Sequence[int]) -> Took:
    """Judge and store a partition at a time."""
    registry = Registry().after((kind, each.id, each) for kind, each in CITY.inventory())
    job, span, client = Job(registry, 1, SCHEMAS), (EARLIEST, LATEST), connect_store(settings)
    for schema in SCHEMAS.values():
        arrow.table([], schema)  # which imports pandas: the start of a process is not measured

    def done(frames: Iterable[dict[str, Any]]) -> int:
        found = list(frames)
        devices = tuple(sorted({frame["device"] for frame in found}))
        samples = decoded({}, Decoded(found), devices, registry, span)
        judged = judge(Task(GROUP, devices, span, span, selected=devices), job, samples)
        for name, blocks in judged.blocks.items():
            rows = arrow.table(blocks, SCHEMAS[name])
            client.insert_arrow(name, rows, settings=INSERT)
        return len(found)

    return _each(settings, partitions, done)


def _each(
    settings: Settings,
    partitions: Sequence[int],
    done: Callable[[Iterable[dict[str, Any]]], int],
) -> Took:
    wire, topic = connect(settings), READINGS.name(settings.topic_prefix)
    ends, consumer = high_watermarks(settings, topic), Consumer(consumer_options(settings, GROUP))
    collect_seldom()
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    for number in partitions:
        consumer.assign([TopicPartition(topic, number, 0)])
        count += done(_frames(consumer, wire, ends[number]))
        position = TopicPartition(topic, number, ends[number])
        consumer.commit(offsets=[position], asynchronous=False)
    ended, cpu = time.perf_counter(), time.process_time() - cpu
    consumer.close()
    return Took(began, ended, count, cpu, psutil.Process().memory_info().rss / 2**20)


def _frames(consumer: Consumer, wire: Wire, end: int) -> Iterable[dict[str, Any]]:
    offset = 0
    while offset < end:
        for message in consumer.consume(min(5000, end - offset), 1.0):
            if not message.error():
                offset = message.offset() + 1
                yield wire.decode(message.value())[1]


def _check(settings: Settings) -> None:
    """Each observation is that of the plain Python, and each is in one window of each length."""
    client = connect_store(settings)
    sql = "SELECT device, toUnixTimestamp64Micro(observed_at), value, flag FROM observation"
    rows = client.query(sql).result_rows
    assert {(d, at): (value, flag) for d, at, value, flag in rows} == expected(CITY)  # noqa: S101
    sql = "SELECT sum(good + unknown + suspect + fail + missing) FROM window GROUP BY duration"
    assert client.query(sql).result_rows == [(CITY.size,)] * 2  # noqa: S101
    client.close()
