"""What is to be said of series that were judged again: the changed rows, as records of the wire."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from streams import content
from streams.applicable import Key
from streams.avro_columns import Picked
from streams.content import Columns, Index
from streams.device_state import HOUR, Sent, Series
from streams.handler import Output
from streams.judge import Judged
from streams.panel import Panel
from streams.plan import SeriesPlan
from streams.quality import Instants
from streams.revisions import Changes, changes, handed_over, unsaid
from streams.topics import OBSERVATIONS, WINDOWS, Topic
from streams.windows import DURATIONS, window_starts
from streams.wire import Wire

TABLES = "observations", "windows", "hours"
"""What is said of a series: its samples, its windows of a quarter of an hour and of an hour."""


@dataclass(frozen=True)
class Table:
    """Today's rows of one table of a series of a panel: where they lie in its line of time, the
    digests of their contents, and how contents and tombstones are said."""

    topic: Topic
    name: str
    line: Instants
    digests: NDArray[np.uint64]
    rows: Callable[[Index], Columns]
    gone: Callable[[Instants], Columns]


@dataclass(frozen=True)
class Said:
    """What is to be said of a table. ``left`` are the places in the line of rows that have changed
    and are not ours to say."""

    table: Table
    changes: Changes
    left: Instants

    def places(self) -> tuple[Instants, ...]:
        """Where in the line the rows lie that it tells of, and those left to the batch."""
        return self.table.line[self.changes.index], self.changes.gone["at"], self.left


@dataclass(frozen=True)
class Emission:
    """What a series of all members of a panel has to say after it was judged again."""

    panel: Panel
    key: Key
    tables: tuple[Said, ...]

    def outputs(self, wire: Wire, clock: int) -> Iterator[Output]:
        """Observations, then windows, tombstones among them; ``clock`` in UTC microseconds."""
        for said in self.tables:
            of, table = said.changes, said.table
            if len(of.index):
                columns = table.rows(of.index) | {"revision": of.revision}
                yield from self._messages(wire, table, table.line[of.index], columns, clock)
            if len(of.gone):
                columns = table.gone(self.panel.utc(of.gone["at"]))
                columns["revision"] = of.gone["revision"]
                yield from self._messages(wire, table, of.gone["at"], columns, clock)

    def hours(self) -> Iterator[tuple[str, int]]:
        """The devices and hours in which rows lie that it tells of, windows by their starts, and
        those that are left to the batch; each once."""
        line = np.concatenate([places for said in self.tables for places in said.places()])
        whose, utc = self.panel.whose(line), self.panel.utc(line)
        found = np.unique(np.stack([whose, utc - utc % HOUR]), axis=1)
        for member, hour in found.T.tolist():
            yield self.panel.devices[member], hour

    def left(self) -> Iterator[tuple[str, int]]:
        """The devices and instants of rows that have changed and are not ours to say."""
        for said in self.tables:
            whose, utc = self.panel.whose(said.left), self.panel.utc(said.left)
            for member, at in zip(whose.tolist(), utc.tolist(), strict=True):
                yield self.panel.devices[member], at

    def counts(self) -> Counter[tuple[str, str]]:
        """How many rows were said before, by table: said otherwise now, or withdrawn."""
        found: Counter[tuple[str, str]] = Counter()
        for said in self.tables:
            table = said.table.topic.short
            found["revised", table] += said.changes.again
            found["withdrawn", table] += len(said.changes.gone)
        return found

    def _messages(
        self, wire: Wire, table: Table, line: Instants, columns: Columns, clock: int
    ) -> Iterator[Output]:
        devices, whose = self.panel.devices, self.panel.whose(line)
        series: Columns = {"property": self.key[0], "channel": self.key[1]}
        series |= {"device": Picked(devices, whose)}
        messages = wire.encode_rows(table.name, len(line), series | columns)
        keys = [device.encode() for device in devices]
        when = columns.get("arrival", np.full(len(line), clock)) // 1000
        for member, message, at in zip(whose.tolist(), messages, when.tolist(), strict=True):
            yield Output(table.topic, keys[member], message, at)


def emission(panel: Panel, key: Key, judged: Judged, clock: int, since: int) -> Emission:
    """Compare a judged series with what was said of it, and note what will have been said.

    Rows before ``since`` (UTC microseconds) belong to the batch and are left alone, and so are
    windows that end by then; ``left`` are those that a sample after ``since`` has changed.
    """
    plan, plans = panel.plans[key], [member.set.plans[key] for member in panel.members]
    ahead = np.array([max(s.look_ahead for s in p.segments) + p.beyond for p in plans], np.int64)
    hold = np.array([p.hold for p in plans], np.int64)
    borders = [(since - ahead, since)]
    for duration in DURATIONS:
        edge = window_starts(np.array(since), duration).item()
        borders.append((window_starts(since - ahead - hold, duration), edge))
    tables = zip(TABLES, _tables(panel, plan, judged), borders, strict=True)
    return Emission(panel, key, tuple(_compared(panel, key, *of, clock) for of in tables))


def _tables(panel: Panel, plan: SeriesPlan, judged: Judged) -> Iterator[Table]:
    rows = partial(content.observations, plan, judged)
    digests = content.observed(judged, plan)
    said = OBSERVATIONS, "Observation"
    yield Table(*said, judged.time, digests, rows, content.no_observations)
    for of in judged.windows:
        rows = partial(content.windows, of, panel.utc(of.start))
        gone = partial(content.no_windows, of.duration)
        yield Table(WINDOWS, "Window", of.start, content.windowed(of), rows, gone)


def _compared(
    panel: Panel, key: Key, name: str, table: Table, border: tuple[Instants, int], clock: int
) -> Said:
    """``border``: before its end rows are not ours; those between, that of each member and the
    end, are told to the batch where they change."""
    sent = panel.sent([getattr(member.series[key], name) for member in panel.members])
    others, line, digests = sent, table.line, table.digests
    said_at, today = panel.utc(sent["at"]), panel.utc(line)
    mine, ours = said_at >= border[1], today >= border[1]
    left = np.empty(0, np.int64)
    if not (mine.all() and ours.all()):
        known = ~mine & (said_at >= border[0][panel.whose(sent["at"])])
        here = ~ours & (today >= border[0][panel.whose(line)])
        left = np.array(sorted(unsaid(sent[known], line[here], digests[here])), np.int64)
        others = handed_over(sent, line, digests, left.tolist())
        mine = panel.utc(others["at"]) >= border[1]
    changed = changes(others, line, digests, clock, mine, ours)
    for member, told in zip(panel.members, panel.apart(changed.sent), strict=True):
        setattr(member.series[key], name, told)
    return Said(table, changed, left)


def withdrawn(wire: Wire, device: str, key: Key, gone: Series, clock: int) -> Iterator[Output]:
    """Tombstones for all that was said of what is gone from a series; ``clock`` in UTC
    microseconds."""
    place: Columns = {"device": device, "property": key[0], "channel": key[1]}
    tables: list[tuple[Topic, str, Sent, Callable[[Instants], Columns]]] = [
        (OBSERVATIONS, "Observation", gone.observations, content.no_observations)
    ]
    for duration, of in zip(DURATIONS, (gone.windows, gone.hours), strict=True):
        tables.append((WINDOWS, "Window", of, partial(content.no_windows, duration)))
    for topic, name, sent, row in tables:
        last = sent[sent["digest"] != 0]
        revision = {"revision": np.maximum(last["revision"] + 1, clock)}
        columns = place | row(last["at"]) | revision
        for message in wire.encode_rows(name, len(last), columns):
            yield Output(topic, device.encode(), message, clock // 1000)
