"""A worker that stands still while there is something to do leaves the process.

Faust has been seen to stop fetching, or to stop committing, with nothing in its logs; a process
that is started anew goes on from its positions.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from prometheus_client import Gauge

from streams.errors import Retry
from streams.host import Host
from streams.kafka import high_watermarks
from streams.settings import Settings

log = structlog.get_logger()
LAG = Gauge("vigie_lag", "Offsets between the position and the end.", ["handler", "partition"])


class Watchdog:
    """Looks at every lane a few times per ``watchdog_timeout``; calls ``leave`` once."""

    def __init__(
        self, hosts: Sequence[Host[Any]], settings: Settings, leave: Callable[[str], None]
    ) -> None:
        self._hosts, self._settings, self._leave = hosts, settings, leave
        self._moved: dict[tuple[str, int], tuple[int, float]] = {}
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
                except Retry as e:
                    log.warning("watchdog_blind", reason=str(e))

    def _look(self, host: Host[Any]) -> None:
        name = host.handler.name
        ends = high_watermarks(self._settings, host.handler.topic.name(self._settings.topic_prefix))
        for partition, lane in list(host.lanes.items()):
            LAG.labels(name, partition).set(ends[partition] - lane.position - 1)
            position, since = self._moved.get((name, partition), (None, 0.0))
            if lane.position != position:
                self._moved[name, partition] = lane.position, time.monotonic()
            elif time.monotonic() - since > self._settings.watchdog_timeout and host.waiting(
                partition, ends[partition]
            ):
                self._leave(f"{lane} stands at {position} of {ends[partition]}")
