"""Readings a second of a real worker process, from Kafka to Kafka: durable state, outputs and
position in one transaction a batch. Beside it in the same run, on the same readings: the same
handler in a plain confluent-kafka loop, quixstreams, plain Faust, and as the ceiling a loop that
reads and decodes and does nothing else.

Every observation is compared with what a plain Python of the job says.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
from confluent_kafka import Consumer, TopicPartition

from bench._broker import broker, world
from bench._city import City, Judged, Seen, declared, expected, produced, watched
from embedded.server import environment
from streams.kafka import consumer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topics import READINGS
from streams.wire import Wire

ROOT = Path(__file__).parents[1]
FEW, MANY = City(1_000, 60), City(100_000, 3)
SECONDS = 90.0
"""For which a contender is watched at most."""
QUIX = ("uv", "run", "--quiet", "--no-project", "--isolated", "--with-requirements")


def run() -> dict[str, float]:
    """``rate`` of a worker at 1,000 series and ``rate_100000`` at 100,000, ``first`` while it meets
    most of them for the first time; the others likewise at 1,000; ``wrong`` counts observations
    that are not as expected."""
    with broker() as settings:
        wire = connect(settings)
        few = _curve(settings, wire, FEW, peers=True)
        many = _curve(settings, wire, MANY, peers=False)
    figures = few | {f"{name}_{MANY.series}": value for name, value in many.items()}
    return figures | {"wrong": few["wrong"] + many["wrong"], "load": round(os.getloadavg()[0], 1)}


def _curve(settings: Settings, wire: Wire, city: City, peers: bool) -> dict[str, float]:
    right = expected(city)
    commands: dict[str, Sequence[str]] = {"rate": (sys.executable, "-m", "cli", "run", "worker")}
    if peers:
        commands["plain"] = (sys.executable, "-m", "bench.peers.plain")
        commands["faust"] = (sys.executable, "-m", "bench.peers.faust_plain")
        if shutil.which("uv"):
            wanted = str(ROOT / "bench/peers/requirements.txt")
            commands["quixstreams"] = (*QUIX, wanted, "python", "-m", "bench.peers.quix")
    figures: dict[str, float] = {"wrong": 0}
    for name, command in commands.items():
        its = world(settings, f"{name}-{city.series}".replace("rate", "vigie"))
        declared(its, wire, city)
        produced(its, wire, city)
        if name == "rate":
            figures["ceiling"] = round(_read(its, wire, city.size))
        with process(its, command) as worker:
            seen = watched(its, wire, city, SECONDS, partial(_going, worker))
            if name == "rate":
                figures["first"] = round(seen.first)
                figures["rss_mib"] = round(worker.memory_info().rss / 2**20)
        figures[name] = round(seen.rate)
        figures["wrong"] += _wrong(seen, right)
    figures["ratio"] = round(figures["rate"] / figures["ceiling"], 3)
    return figures


def _going(worker: psutil.Process) -> bool:
    return bool(worker.status() != psutil.STATUS_ZOMBIE)


def _wrong(seen: Seen, right: Judged) -> int:
    return sum(right[key] != said for key, said in seen.judged.items())


@contextmanager
def process(settings: Settings, command: Sequence[str]) -> Iterator[psutil.Process]:
    log = settings.home / "logs" / f"{settings.application}.log"
    path = {"PYTHONPATH": str(ROOT)}
    with log.open("wb") as out:
        started = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environment(settings) | {"BENCH_KAFKA": settings.kafka} | path,
            stdout=out,
            stderr=out,
        )
        try:
            yield psutil.Process(started.pid)
        except RuntimeError as e:
            raise RuntimeError(f"{e}: {command} says {log.read_text()[-2000:]}") from e
        finally:
            started.terminate()
            started.wait(60)


def _read(settings: Settings, wire: Wire, size: int) -> float:
    consumer = Consumer(consumer_options(settings, "bench-raw"))
    topic = READINGS.name(settings.topic_prefix)
    consumer.assign([TopicPartition(topic, p, 0) for p in range(settings.partitions)])
    count, start = 0, time.perf_counter()
    while count < size:
        for message in consumer.consume(5000, 0.1):
            if not message.error():
                wire.decode(message.value())
                count += 1
    consumer.close()
    return size / (time.perf_counter() - start)
