"""Faust on its short lead, as a real process: what it may see, how it ends."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

from confluent_kafka import Producer

from streams.agents import LEFT
from streams.kafka import producer_options
from streams.settings import Settings
from streams.topics import READINGS

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0

World = Callable[..., Settings]


class Listener:
    """A listener process and what it has said so far."""

    def __init__(self, settings: Settings) -> None:
        self.process = subprocess.Popen(
            (sys.executable, "-m", "tests.streams.listener", settings.model_dump_json()),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if line.startswith("HEARD "):
                self._lines.put(line.strip())

    def heard(self, count: int) -> list[str]:
        """The values of the next records."""
        deadline = time.monotonic() + PATIENCE
        said: list[str] = []
        while len(said) < count:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"only {said} after {PATIENCE} s") from None
            said.append(line.partition(" ")[2])
        return said


@contextmanager
def listening(settings: Settings) -> Iterator[Listener]:
    listener = Listener(settings)
    try:
        yield listener
    finally:
        listener.process.kill()
        listener.process.wait()


def transactional(settings: Settings) -> Producer:
    producer = Producer(producer_options(settings, transactional_id=settings.application))
    producer.init_transactions(20)
    return producer


def write(producer: Producer, settings: Settings, value: bytes, end: Callable[[], None]) -> None:
    producer.begin_transaction()
    producer.produce(READINGS.name(settings.topic_prefix), value, partition=0)
    producer.flush(10)
    end()


def test_what_was_aborted_is_never_delivered(apart: World) -> None:
    settings = apart(partitions=1)
    producer = transactional(settings)
    write(producer, settings, b"aborted", producer.abort_transaction)
    write(producer, settings, b"first", producer.commit_transaction)
    with listening(settings) as listener:
        assert listener.heard(1) == ["first"]
        write(producer, settings, b"aborted too", producer.abort_transaction)
        write(producer, settings, b"second", producer.commit_transaction)
        assert listener.heard(1) == ["second"]


def test_an_exception_leaves_the_process_and_the_next_one_does_the_record_again(
    apart: World,
) -> None:
    settings = apart(partitions=1)
    producer = transactional(settings)
    write(producer, settings, b"first", producer.commit_transaction)
    with listening(settings) as listener:
        assert listener.heard(1) == ["first"]
        write(producer, settings, b"throw", producer.commit_transaction)
        assert listener.process.wait(PATIENCE) == LEFT
    with listening(settings) as listener:
        assert listener.process.wait(PATIENCE) == LEFT


def test_a_signal_ends_it_in_good_order(apart: World) -> None:
    settings = apart(partitions=1)
    producer = transactional(settings)
    write(producer, settings, b"first", producer.commit_transaction)
    with listening(settings) as listener:
        assert listener.heard(1) == ["first"]
        listener.process.send_signal(signal.SIGTERM)
        assert listener.process.wait(PATIENCE) == 0
    assert not (ROOT / f"{settings.application}-data").exists(), "it writes outside its home"
