"""A worker that stands still while there is something to do leaves the process.

Faust has been seen to stop fetching, or to stop committing, with nothing in its logs; a process
that is started anew goes on from its positions.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from confluent_kafka import KafkaException

from streams import metrics
from streams.errors import Retry
from streams.host import Host
from streams.kafka import high_watermarks
from streams.settings import Settings

log = structlog.get_logger()

MEASURE = 60.0
"""Seconds between two looks at how large the state is: it costs some milliseconds a partition."""


@dataclass(frozen=True)
class _Stood:
    """Where a lane stood, what lay before it, and since when, on the monotonic clock."""

    position: int
    end: int
    since: float


class Watchdog:
    """Looks at every lane a few times per ``watchdog_timeout``; calls ``leave`` once.

    A host with a batch in hand is at work, however long that takes: a broker that is away and a
    clock that must be confirmed have limits of their own.
    """

    def __init__(
        self, hosts: Sequence[Host[Any]], settings: Settings, leave: Callable[[str], None]
    ) -> None:
        self._hosts, self._settings, self._leave = hosts, settings, leave
        self._stood: dict[tuple[str, int], _Stood] = {}
        self._measured: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(self._settings.watchdog_timeout / 4):
            for host in self._hosts:
                try:
                    self._look(host)
                    self._measure(host)
                except (Retry, KafkaException) as e:
                    log.warning("watchdog_blind", reason=str(e))

    def _measure(self, host: Host[Any]) -> None:
        if time.monotonic() - self._measured.get(host.handler.name, -MEASURE) < MEASURE:
            return
        self._measured[host.handler.name] = time.monotonic()
        for partition, lane in list(host.lanes.items()):
            metrics.held(host.handler.name, partition, host.handler.sizes(lane.state))

    def _look(self, host: Host[Any]) -> None:
        name = host.handler.name
        ends = high_watermarks(self._settings, host.handler.topic.name(self._settings.topic_prefix))
        for partition, lane in list(host.lanes.items()):
            position, end = lane.position, ends[partition]
            metrics.LAG.labels(name, partition).set(end - position - 1)
            stood = self._stood.get((name, partition))
            if stood is None or stood.position != position or host.at_work:
                stood = self._stood[name, partition] = _Stood(position, end, time.monotonic())
            elif time.monotonic() - stood.since > self._settings.watchdog_timeout:
                if host.waiting(partition, position, stood.end):
                    self._leave(f"{lane} stands at {position} of {end}")
                del self._stood[name, partition]
