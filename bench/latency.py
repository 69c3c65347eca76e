"""Milliseconds from a reading's being sent to its committed observation's being seen, at two
hundred readings a second through a real worker; the ceiling is the broker's own way there and
back, without a worker.

Per cent of readings: p50, p95, p99; ``rate`` is what went through in a second.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition

from bench._broker import broker, world
from bench._city import City, declared
from bench.live import process
from streams.kafka import consumer_options, producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topics import OBSERVATIONS, READINGS
from streams.wire import Wire

A_SECOND, SECONDS = 200, 20
CITY = City(1_000, A_SECOND * SECONDS // 1_000)


def run() -> dict[str, float]:
    """Figures of the worker; ``raw_`` are those of the broker alone."""
    with broker() as settings:
        wire = connect(settings)
        its = world(settings, "latency")
        declared(its, wire, CITY)
        raw = _spent(its, wire, READINGS.name(its.topic_prefix), lambda m: wire.decode(m)[1])
        its = world(settings, "vigie-latency")
        declared(its, wire, CITY)
        with process(its, (sys.executable, "-m", "cli", "run", "worker")) as worker:
            topic = OBSERVATIONS.name(its.topic_prefix)
            _warm(its, wire, topic)
            own = _spent(its, wire, topic, lambda m: wire.decode(m)[1])
            rss = psutil.Process(worker.pid).memory_info().rss / 2**20
    return {
        "rate": A_SECOND,
        **{f"p{p}_ms": round(_quantile(own, p), 1) for p in (50, 95, 99)},
        **{f"raw_p{p}_ms": round(_quantile(raw, p), 1) for p in (50, 99)},
        "ceiling": round(_quantile(raw, 99), 1),
        "ratio": round(_quantile(raw, 99) / _quantile(own, 99), 3),
        "readings": len(own),
        "rss_mib": round(rss),
        "load": round(psutil.getloadavg()[0], 1),
    }


def _quantile(spent: list[float], percent: int) -> float:
    return sorted(spent)[min(len(spent) - 1, len(spent) * percent // 100)] * 1000


def _consumer(settings: Settings, topic: str) -> Consumer:
    consumer = Consumer(consumer_options(settings, "bench-latency", fetch_wait_max_ms=10))
    ends = [TopicPartition(topic, p) for p in range(settings.partitions)]
    for end in ends:
        end.offset = consumer.get_watermark_offsets(end, 10)[1]
    consumer.assign(ends)
    return consumer


def _warm(settings: Settings, wire: Wire, topic: str) -> None:
    """Until the worker has judged something of every partition's."""
    consumer = _consumer(settings, topic)
    producer, met = Producer(producer_options(settings)), set[int]()
    frames = list(City(CITY.series, 1).frames())
    until = time.monotonic() + 120
    while len(met) < settings.partitions and time.monotonic() < until:
        for frame in frames[:200]:
            frame["observed_at"] -= 3_600_000_000
            frame["frame_id"] = frame["frame_id"][:15] + bytes([len(met)])
            producer.produce(
                READINGS.name(settings.topic_prefix),
                wire.encode("Frame", frame),
                frame["device"].encode(),
            )
        producer.flush(10)
        found = consumer.consume(10_000, 2.0)
        met |= {m.partition() or 0 for m in found if not m.error()}
    consumer.close()


def _spent(settings: Settings, wire: Wire, topic: str, row: Callable[[bytes], Any]) -> list[float]:
    """Seconds of each reading, from its sending to its being seen on a topic."""
    consumer = _consumer(settings, topic)
    producer = Producer(producer_options(settings))
    frames = list(CITY.frames())
    messages = [(f["device"].encode(), wire.encode("Frame", f)) for f in frames]
    sent: dict[tuple[str, int], float] = {}
    seen: dict[tuple[str, int], float] = {}
    place, start = 0, time.perf_counter()
    while len(seen) < len(frames) and time.perf_counter() - start < 3 * SECONDS:
        due = min(len(frames), int((time.perf_counter() - start) * A_SECOND))
        for frame, (key, message) in zip(frames[place:due], messages[place:due], strict=True):
            sent[frame["device"], frame["observed_at"]] = time.perf_counter()
            producer.produce(READINGS.name(settings.topic_prefix), message, key)
        place = due
        producer.poll(0)
        found = consumer.poll(0.002)
        now = time.perf_counter()
        if found is not None and not found.error() and found.key():
            said = row(found.value() or b"")
            seen.setdefault((said["device"], said["observed_at"]), now)
    producer.flush(10)
    consumer.close()
    return [at - sent[key] for key, at in seen.items() if key in sent]
