"""When all that follows from the uplinks of a side world is stored, alerts too."""

import json
import time

from connectors.store.frontier import settle
from streams.errors import Stop
from streams.kafka import high_watermarks
from streams.lag import lags
from streams.settings import Settings
from streams.topic_reader import read_to_end
from streams.topics import ALERTS, CONDITIONS, STATE, Topic
from streams.watch import TICKS

_LOOK = 1.0
"""Seconds between two looks."""


def settled(own: Settings, last: int, patience: float) -> None:
    """Wait until a world has stored all that follows from what came up to its last tick, UTC
    microseconds.

    Raises:
        Retry: Kafka does not answer.
        Stop: nothing moved for ``patience`` seconds.
    """
    settle(own, last, patience)
    deadline = time.monotonic() + patience
    while _watched(own) < last or any(_waits(own, topic) for topic in (CONDITIONS, ALERTS)):
        if time.monotonic() > deadline:
            raise Stop(f"its alerts are not stored: the logs in {own.home / 'logs'} say why")
        time.sleep(_LOOK)


def _watched(own: Settings) -> int:
    """The tick up to which the watch has judged; it says alerts with what it has met at once."""
    kept = read_to_end(own, STATE.name(own.topic_prefix), 0)
    ticks = json.loads(kept.get(TICKS, b"{}"))
    return min(ticks.values()) if len(ticks) >= own.partitions else 0


def _waits(own: Settings, topic: Topic) -> bool:
    """Whether the sink has something of a topic to read."""
    name = topic.name(own.topic_prefix)
    sink = f"{own.application}-sink"
    behind = [lag.behind for lag in lags(own, 15.0) if (lag.group, lag.topic) == (sink, name)]
    return bool(behind[0]) if behind else any(high_watermarks(own, name).values())
