"""What the door must know: the schema of uplinks and the sources, asked for or remembered."""

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from connectors.webhook import broker_clock, memory
from streams.errors import Retry, Stop
from streams.follower import Follower
from streams.inventory import Source
from streams.registry import Registry
from streams.schema_registry import connect
from streams.settings import Settings
from streams.wire import Wire

log = structlog.get_logger()
PATIENCE = 3.0
"""Seconds that Kafka and the schema registry have to answer before what is remembered serves."""
PAUSE = 1.0
"""Seconds between two attempts to ask them."""


class Knowledge:
    """Asks in a thread of its own; until the answer is there, what is remembered counts."""

    def __init__(self, settings: Settings, clock: Callable[[], int]) -> None:
        self._settings, self._clock = settings, clock
        self._thread = threading.Thread(target=self._ask, name="knowledge", daemon=True)
        self._known: tuple[Wire, Follower] | None = None
        self._failure: Retry | Stop | None = None
        self._written: Mapping[str, Source] | None = None
        self._remembered = memory.recall(settings)
        self._wire, self._sources = Wire({}, _no_text), Registry()
        if self._remembered:
            self._wire = Wire({memory.RECORD: self._remembered.schema_id}, _no_text)
            self._sources = Registry({"source": self._remembered.sources})

    def start(self) -> "Knowledge":
        """Return once the door may open.

        Raises:
            Retry: a server does not answer, and nothing is remembered.
            Stop: what they answer, or this machine's clock, is wrong.
        """
        self._thread.start()
        self._thread.join(PATIENCE if self._remembered else None)
        self.check()
        if self._known is None:
            sources = len(self._sources.all("source"))
            log.warning("from_memory", sources=sources, reason="Kafka does not answer")
        return self

    @property
    def remembered(self) -> bool:
        """Whether what is known is what was known at the last start."""
        return self._known is None

    def registry(self) -> Registry:
        """What is declared; of a memory, the sources only."""
        return self._known[1].current if self._known else self._sources

    def encode(self, uplink: Mapping[str, object]) -> bytes:
        """An uplink in the wire format."""
        wire = self._known[0] if self._known else self._wire
        return wire.encode(memory.RECORD, uplink)

    def check(self) -> None:
        """Raise what ended the asking, if it ended without an answer."""
        if self._failure:
            raise self._failure

    def remember(self) -> None:
        """Write down what is known now, where that has changed."""
        if self._known is None:
            return
        sources = dict(self._known[1].current.all("source"))
        if sources != self._written:
            memory.write(self._settings, self._known[0].ids[memory.RECORD], sources.values())
            self._written = sources

    def close(self) -> None:
        """Stop following what is declared."""
        if self._known:
            self._known[1].close()

    def _ask(self) -> None:
        while self._known is None and self._failure is None:
            try:
                wire = connect(self._settings)
                if self._settings.clock == "wall":
                    broker_clock.check(self._settings, self._clock)
                self._known = wire, Follower(self._settings, wire).start()
            except Stop as e:
                self._failure = e
            except Retry as e:
                if self._remembered is None:
                    self._failure = e
                else:
                    time.sleep(PAUSE)


def _no_text(schema_id: int) -> str:
    raise KeyError(schema_id)
