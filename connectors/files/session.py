"""An importer on the Kafka of the settings."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import uuid4

from connectors import networks
from connectors.files.appender import Appender
from connectors.files.fitness import fitness
from connectors.files.importer import Importer, Kafka
from connectors.files.journal import Journal
from connectors.webhook import broker_clock
from streams.discover import discover
from streams.errors import Stop
from streams.follower import Follower
from streams.registry import Registry
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.uplinks import Network


@dataclass(frozen=True)
class Session:
    """``registry()`` is what is declared now."""

    importer: Importer
    registry: Callable[[], Registry]


@contextmanager
def session(settings: Settings, *, dry: bool = False, again: bool = False) -> Iterator[Session]:
    """An importer for the length of the block; ``dry`` sends nothing.

    Raises:
        Retry: Kafka or the schema registry does not answer.
        Stop: the clock is simulated or wrong, or the journal cannot be used.
    """
    if settings.clock == "simulated":
        raise Stop("on a simulated clock nothing is imported: a file has no arrival of its own")
    wire = connect(settings)
    with ExitStack() as stack:
        journal = stack.enter_context(Journal(settings.home, dry))
        kafka = None
        if not dry:
            broker_clock.check(settings, wall)
            appender = Appender(settings, UPLINKS.name(settings.topic_prefix))
            stack.callback(appender.close)
            kafka = Kafka(
                lambda record: wire.encode("Uplink", record), appender.send, appender.wait
            )
        follower = Follower(settings, wire).start()
        stack.callback(follower.close)
        importer = Importer(
            networks=discover(networks, Network),
            fit=fitness(lambda: follower.current),
            journal=journal,
            kafka=kafka,
            clock=wall,
            new_id=lambda: uuid4().hex,
            body_max=settings.webhook_body_max,
            again=again,
        )
        yield Session(importer, lambda: follower.current)


def wall() -> int:
    """This machine's clock, UTC microseconds."""
    return time.time_ns() // 1000
