"""What a worker keeps of a device: the samples of its series, and what was last said of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streams.applicable import Key
from streams.samples import Frames, Rows, no_frames, no_rows, rank, stacked, with_rows

HOUR = 3_600_000_000
"""Microseconds."""

ROWS_MAX = 20_000
"""Rows of a device in an hour: a chunk must fit into a record of Kafka."""

SENT = np.dtype([("at", "<i8"), ("revision", "<i8"), ("digest", "<u8")])
"""What was last said of a row: its revision and the digest of its content, 0 a tombstone."""

Sent = NDArray[np.void]


def nothing_sent() -> Sent:
    """An empty record of what was said."""
    return np.empty(0, SENT)


@dataclass
class Series:
    """The samples of one series, and what was last said of its observations, and of its windows
    of a quarter of an hour and of an hour."""

    rows: Rows = field(default_factory=no_rows)
    observations: Sent = field(default_factory=nothing_sent)
    windows: Sent = field(default_factory=nothing_sent)
    hours: Sent = field(default_factory=nothing_sent)

    def columns(self) -> tuple[NDArray[np.void], ...]:
        """The four tables, each ordered by instant."""
        return self.rows, self.observations, self.windows, self.hours

    def within(self, since: int, until: int) -> "Series":
        """The part of ``[since, until)``."""
        return Series(*(_within(t, since, until) for t in self.columns()))

    def __len__(self) -> int:
        return sum(map(len, self.columns()))


@dataclass
class DeviceState:
    """All series of a device, and its frames ordered by instant, then id. ``judged_by`` is the
    version of the plan that judged it last.

    A frame that holds no value is a row of the series ``("", "")``, so that a copy of it is
    known for what it is.
    """

    series: dict[Key, Series] = field(default_factory=dict)
    judged_by: int | None = None
    frames: Frames = field(default_factory=no_frames)

    def meet(self, frame: Frames) -> set[int]:
        """Put one frame among the frames; the hours that change, empty for a mere copy.

        Of the copies the one of the highest decode version counts, and the smallest arrival.
        """
        known = self.frames["frame"] == frame["frame"][0]
        if not known.any():
            self.frames = with_rows(self.frames, frame)
            return hours(frame["at"].tolist())
        old = self.frames[known]
        if _order(old[0]) <= _order(frame[0]):
            return set()
        self.frames = with_rows(self.frames[~known], frame)
        return hours([*old["at"].tolist(), *frame["at"].tolist()])

    def take(self, frame: bytes, rows: Mapping[Key, Rows]) -> set[int]:
        """Put a frame in its place; the instants of the samples that come and of those that go,
        none for a mere copy."""
        places = {key: s.rows["frame"] == frame for key, s in self.series.items()}
        old = {key: place for key, place in places.items() if place.any()}
        ranks = [rank(self.series[key].rows[place.argmax()]) for key, place in old.items()]
        if ranks and min(ranks) <= min(rank(r[0]) for r in rows.values()):
            return set()
        instants: set[int] = set()
        for key, place in old.items():
            mine = self.series[key]
            instants.update(mine.rows["at"][place].tolist())
            mine.rows = mine.rows[~place]
        for key, more in rows.items():
            mine = self.series.setdefault(key, Series())
            mine.rows = with_rows(mine.rows, more)
            instants.update(more["at"].tolist())
        return instants

    def crowded(self, rows: Mapping[Key, Rows]) -> bool:
        """Whether an hour would hold more than a chunk may."""
        size = sum(map(len, rows.values())) + sum(len(s.rows) for s in self.series.values())
        if size <= ROWS_MAX:
            return False
        more = Counter(at - at % HOUR for r in rows.values() for at in r["at"].tolist())
        return any(count + self._held(hour) > ROWS_MAX for hour, count in more.items())

    def _held(self, hour: int) -> int:
        return sum(len(s.within(hour, hour + HOUR).rows) for s in self.series.values())

    def forget(self, before: int) -> None:
        """Drop what lies before an instant."""
        rest = self.within(before, 1 << 62)
        self.series, self.frames = rest.series, rest.frames

    def within(self, since: int, until: int) -> "DeviceState":
        """The part of ``[since, until)``, series in the order of their names."""
        parts = {k: s.within(since, until) for k, s in sorted(self.series.items())}
        frames = _within(self.frames, since, until)
        return DeviceState({k: s for k, s in parts.items() if len(s)}, frames=frames)

    @property
    def nbytes(self) -> int:
        """Bytes of its tables."""
        tables = (table for series in self.series.values() for table in series.columns())
        return int(self.frames.nbytes) + sum(table.nbytes for table in tables)

    def __len__(self) -> int:
        return len(self.frames) + sum(map(len, self.series.values()))


def _within(table: NDArray[np.void], since: int, until: int) -> NDArray[np.void]:
    return table[slice(*table["at"].searchsorted((since, until)))]


def _order(frame: np.void) -> tuple[int, int]:
    return -int(frame["version"]), int(frame["arrival"])


def together(parts: Sequence[DeviceState]) -> DeviceState:
    """A device from stretches of its time, one behind another."""
    found: dict[Key, list[Series]] = {}
    for part in parts:
        for key, series in part.series.items():
            found.setdefault(key, []).append(series)
    return DeviceState(
        {
            key: Series(*map(stacked, zip(*(s.columns() for s in some), strict=True)))
            for key, some in found.items()
        },
        frames=stacked([part.frames for part in parts]),
    )


def replaced(state: DeviceState, late: Iterable[int], written: DeviceState) -> DeviceState:
    """A device whose hours ``late`` are as they are in another state of it."""
    gone = np.fromiter(late, np.int64)

    def rest(table: NDArray[np.void]) -> NDArray[np.void]:
        return table[~np.isin(table["at"] - table["at"] % HOUR, gone)]

    def ordered(table: NDArray[np.void]) -> NDArray[np.void]:
        return table[table["at"].argsort(kind="stable")]

    stays = {key: Series(*map(rest, s.columns())) for key, s in state.series.items()}
    whole = together([DeviceState(stays, frames=rest(state.frames)), written])
    series = {key: Series(*map(ordered, s.columns())) for key, s in whole.series.items() if len(s)}
    return DeviceState(series, frames=ordered(whole.frames))


def hours(instants: Iterable[int]) -> set[int]:
    """The first instants of the hours in which these lie."""
    return {at - at % HOUR for at in instants}
