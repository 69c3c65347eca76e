"""A worker that stands still while there is something to do leaves; an idle one does not."""

import threading
from collections.abc import Callable

from confluent_kafka import Producer

from streams.handler import Effects, Handler
from streams.host import Host
from streams.kafka import producer_options
from streams.settings import Settings
from streams.topics import READINGS
from streams.watchdog import Watchdog

World = Callable[..., Settings]


def standing(settings: Settings) -> Host[None]:
    """A host whose lane is open and to which nothing is delivered."""
    handler = Handler(
        "still", READINGS, lambda: None, lambda *_: None, lambda _s, c, _r: (Effects(), c)
    )
    host = Host(handler, settings, lambda *_: None)
    host.assign(frozenset({0}))
    host.open()
    return host


def write(settings: Settings, commit: bool) -> None:
    producer = Producer(producer_options(settings, transactional_id=settings.application))
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(READINGS.name(settings.topic_prefix), b"x", partition=0)
    producer.flush(10)
    (producer.commit_transaction if commit else producer.abort_transaction)()


def left(settings: Settings, patience: float) -> list[str]:
    said: list[str] = []
    gone = threading.Event()

    def leave(why: str) -> None:
        said.append(why)
        gone.set()

    dog = Watchdog([standing(settings)], settings, leave)
    dog.start()
    gone.wait(patience)
    dog.close()
    return said


def test_leaves_when_a_record_waits(apart: World) -> None:
    settings = apart(partitions=1, watchdog_timeout=1.0)
    write(settings, commit=True)
    said = left(settings, 30)
    assert said
    assert "still[0] stands at -1 of 2" in said[0]


def test_stays_when_nothing_but_markers_lies_ahead(apart: World) -> None:
    settings = apart(partitions=1, watchdog_timeout=1.0)
    write(settings, commit=False)
    assert left(settings, 6) == []
