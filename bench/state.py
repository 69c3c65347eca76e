"""Reading back the state of a hundred thousand series: each a device, the 48 hours of the horizon
in chunks, a reading a quarter of an hour, as opening the lanes of a worker does it; the ceiling is
reading the same records with confluent-kafka and keeping none.

``rss_mib`` is that of the process that holds it all, ``peak_mib`` the most that it took on the way;
``cpu_s`` is its processor's time. What differs from reading to reading does so here: ids, digests,
values to a tenth, and the instants by as much as radio and network do.
"""

import json
import resource
import subprocess
import sys
import time

import numpy as np
import psutil
from confluent_kafka import Consumer, Producer, TopicPartition

from bench._broker import broker
from streams.chunks import pack
from streams.device_state import HOUR, SENT, DeviceState, Series
from streams.garbage import collect_seldom
from streams.handler import Effects, Handler
from streams.host import Host
from streams.kafka import consumer_options, producer_options
from streams.partition import partition_of
from streams.samples import FRAME, ROW
from streams.settings import Settings
from streams.state import PartitionState
from streams.topics import READINGS, STATE

SERIES, HOURS, AN_HOUR = 100_000, 48, 4
START = 497_000 * HOUR


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in chunks a second."""
    with broker() as settings:
        _filled(settings)
        ceiling = SERIES * HOURS / _read(settings)
        told = subprocess.run(
            (sys.executable, "-m", "bench.state", settings.model_dump_json()),
            capture_output=True,
            check=True,
        )
        found = json.loads(told.stdout.splitlines()[-1])
    rate = SERIES * HOURS / found["read_s"]
    return {
        "rate": round(rate),
        "ceiling": round(ceiling),
        "ratio": round(rate / ceiling, 3),
        "hours": HOURS,
        **found,
    }


def _device(rng: np.random.Generator, hour: int) -> DeviceState:
    since = START + hour * HOUR
    quarter = since + np.arange(AN_HOUR) * (HOUR // AN_HOUR)
    at = quarter + rng.integers(0, 2_000_000, AN_HOUR)
    arrival = at + rng.integers(50_000, 900_000, AN_HOUR)
    names = np.frombuffer(rng.bytes(16 * AN_HOUR), "S16")
    rows, frames = np.zeros(AN_HOUR, ROW), np.zeros(AN_HOUR, FRAME)
    for table in (rows, frames):
        table["at"], table["arrival"], table["frame"] = at, arrival, names
        table["counter"] = hour * AN_HOUR + np.arange(AN_HOUR)
    rows["value"], rows["codec"] = np.round(rng.normal(20, 1, AN_HOUR), 1), 1 << 60
    rows["size"], rows["offset"] = 11, np.nan
    frames["session"], frames["network"], frames["gateways"] = 1 << 61, 77, (78, 79, 0, 0)
    said = [np.zeros(n, SENT) for n in (AN_HOUR, AN_HOUR, 1)]
    for table, instants in zip(said, (at, quarter, quarter), strict=True):
        table["at"] = instants[: len(table)]
        table["revision"] = arrival[-len(table) :] + rng.integers(0, 50_000)
        table["digest"] = rng.integers(1, 1 << 62, len(table))
    return DeviceState({("air_temperature", ""): Series(rows, *said)}, frames=frames)


def _filled(settings: Settings) -> None:
    rng = np.random.default_rng(1)
    producer = Producer(producer_options(settings, queue_buffering_max_messages=1_000_000))
    topic = STATE.name(settings.topic_prefix)
    for hour in range(HOURS):
        chunks = [pack(_device(rng, hour), START + hour * HOUR) for _ in range(1000)]
        for i in range(SERIES):
            device = f"{i:016X}"
            key = f"chunk/{START // HOUR + hour}/{device}".encode()
            where = partition_of(device.encode(), settings.partitions)
            while True:
                try:
                    producer.produce(topic, chunks[i % 1000], key, partition=where)
                    break
                except BufferError:
                    producer.poll(0.1)
    if producer.flush(120):
        raise RuntimeError("the state was not acknowledged")


def _read(settings: Settings) -> float:
    consumer = Consumer(consumer_options(settings, "bench-state"))
    topic = STATE.name(settings.topic_prefix)
    consumer.assign([TopicPartition(topic, p, 0) for p in range(settings.partitions)])
    count, start = 0, time.perf_counter()
    while count < SERIES * HOURS:
        count += sum(not m.error() for m in consumer.consume(5000, 0.5))
    consumer.close()
    return time.perf_counter() - start


def _opened(settings: Settings) -> dict[str, float]:
    def handle(_: PartitionState, clock: int, __: object) -> tuple[Effects, int]:
        return Effects(), clock

    handler: Handler[PartitionState] = Handler(
        *("bench", READINGS, PartitionState, PartitionState.restore, handle),
        *(PartitionState.sizes, PartitionState.absorb),
    )
    collect_seldom()
    host = Host(handler, settings, lambda *_: None)
    host.assign(frozenset(range(settings.partitions)))
    start, cpu = time.perf_counter(), time.process_time()
    host.open()
    return {
        "read_s": round(time.perf_counter() - start, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "devices": sum(len(lane.state.hours) for lane in host.lanes.values()),
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_opened(Settings.model_validate_json(sys.argv[1]))) + "\n")
