"""What a transaction a batch costs: batches of a lane against the same messages, flushed.

Boots the embedded broker in a home of its own.
"""

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil
from confluent_kafka import Producer

from embedded.home import lay_out
from embedded.kafka import kafka
from embedded.ports import free_ports
from embedded.process import running
from embedded.progress import silent
from streams.handler import Effects, Handler, Output, Record
from streams.kafka import create_topics, producer_options
from streams.lane import open_lane
from streams.settings import Settings
from streams.topics import OBSERVATIONS, READINGS

BATCH = 1000
BATCHES = 100
MESSAGE = b"x" * 200


def _handle(_state: None, clock: int, _records: Sequence[Record]) -> tuple[Effects, int]:
    return Effects(), clock


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in messages a second; ``p50_ms`` of a batch of one message."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        lay_out(home)
        settings = Settings.model_validate({"home": home, "partitions": 1} | free_ports())
        stack.enter_context(running(kafka(settings, silent), home / "logs"))
        create_topics(settings)
        return _measured(settings)


def _measured(settings: Settings) -> dict[str, float]:
    lane = open_lane(
        Handler("bench", READINGS, lambda: None, lambda *_: None, _handle), 0, settings
    )
    stamp = time.time_ns() // 1_000_000
    many = Effects([Output(OBSERVATIONS, b"k", MESSAGE, stamp)] * BATCH, {b"s": MESSAGE})
    one = Effects([Output(OBSERVATIONS, b"k", MESSAGE, stamp)], {b"s": MESSAGE})
    lane.commit(one, 0, 0, lambda: None)
    start = time.perf_counter()
    for n in range(BATCHES):
        lane.commit(many, n, 0, lambda: None)
    rate = BATCH * BATCHES / (time.perf_counter() - start)
    ceiling = _plain(settings)
    singles = []
    for n in range(200):
        start = time.perf_counter()
        lane.commit(one, n, 0, lambda: None)
        singles.append(time.perf_counter() - start)
    singles.sort()
    return {
        "rate": round(rate),
        "ceiling": round(ceiling),
        "ratio": round(rate / ceiling, 3),
        "p50_ms": round(singles[100] * 1000, 2),
        "p99_ms": round(singles[198] * 1000, 2),
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }


def _plain(settings: Settings) -> float:
    producer = Producer(producer_options(settings))
    topic = OBSERVATIONS.name(settings.topic_prefix)
    start = time.perf_counter()
    for _ in range(BATCHES):
        for _ in range(BATCH):
            producer.produce(topic, MESSAGE, b"k")
        producer.flush(20)
    return BATCH * BATCHES / (time.perf_counter() - start)
