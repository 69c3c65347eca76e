"""The work of a run: what is asked of which devices, and the tasks that it comes to."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.reprocess.asked import DECODED, LEAST, MOST, Asked, by_span, selections
from connectors.store.batch import ask
from connectors.store.runs import Run
from streams.applicable import Key
from streams.duration import DAY
from streams.registry import Registry
from streams.reprocess.contract import Span, Task
from streams.reprocess.ranges import tasks
from streams.reprocess.reaching import Held
from streams.settings import Settings
from streams.uplinks import Network
from streams.wire import Wire

NEAR = 400 * DAY
"""Microseconds around what is asked in which its series are looked for: no test looks farther."""


@dataclass(frozen=True)
class Place:
    """Where runs are made. ``now`` gives UTC microseconds of the wall clock."""

    settings: Settings
    client: Client
    wire: Wire
    networks: Mapping[str, Network]
    now: Callable[[], int]


@dataclass(frozen=True)
class Work:
    """What is to be done: spans of devices with their why, and how far the batch may write."""

    asked: Sequence[Asked]
    until: int
    properties: frozenset[str] | None = None

    def said(self) -> dict[str, Any]:
        """For the record."""
        spans = [
            {"why": why, "since": span[0], "until": span[1], "devices": devices}
            for why in sorted({one.why for one in self.asked})
            for span, devices in by_span(one for one in self.asked if one.why == why)
        ]
        return {"spans": spans, "properties": sorted(self.properties or ()) or None}

    @classmethod
    def of(cls, run: Run) -> "Work":
        """That of a recorded run."""
        properties = run.selection["properties"]
        named = frozenset(properties) if properties else None
        return cls(list(_asked(run.selection)), run.until, named)


def _asked(said: Mapping[str, Any]) -> Iterator[Asked]:
    for span in said["spans"]:
        for device in span["devices"]:
            yield Asked(device, span["since"], span["until"], span["why"])


def spans_decoded(client: Client) -> Mapping[str, Sequence[Span]]:
    """By device the spans whose frames some run has decoded again.

    Raises:
        Retry: ClickHouse does not answer.
    """
    found: dict[str, list[Span]] = {}
    for row in ask(client, "runs_that_decoded"):
        for one in _asked(json.loads(row["selection"])):
            if one.why == DECODED:
                found.setdefault(one.device, []).append((one.since, one.until))
    return found


def tasks_of(client: Client, registry: Registry, todo: Work) -> Sequence[Task]:
    """The pieces of a run; the same work under the same registry has the same.

    Raises:
        Retry: ClickHouse does not answer.
    """
    asked = selections(todo.asked, todo.properties)
    return tasks(asked, registry, todo.until, series(client, todo))


def series(client: Client, todo: Work) -> Held:
    """The series that are stored around what is asked, by device.

    Raises:
        Retry: ClickHouse does not answer.
    """
    found: dict[str, list[Key]] = {}
    if todo.asked:
        first = max(min(one.since for one in todo.asked) - NEAR, LEAST)
        end = min(max(one.until for one in todo.asked) + NEAR, MOST)
        for row in ask(client, "series", first=first, end=end):
            found.setdefault(row["device"], []).append((row["property"], row["channel"]))
    return found
