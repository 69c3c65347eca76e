"""What a run of the batch is made of: what is asked, its ranges, its tasks, and what differs.

Instants are UTC microseconds, spans ``[since, until)``. Tables are Arrow tables with the columns
of the store, current rows only: of ``observations`` and of ``windows``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from streams.applicable import Key
from streams.registry import Registry
from streams.samples import Rows

Span = tuple[int, int]
"""``[since, until)``, UTC microseconds."""

Samples = Mapping[str, Mapping[Key, Rows]]
"""Of each device the samples of its series, ordered by instant, then frame."""

TABLES = ("observations", "windows")

SERIES = ("device", "property", "channel")
"""The columns of both that tell series apart."""


@dataclass(frozen=True)
class Selection:
    """What is asked to be judged again; ``properties`` None: all."""

    devices: tuple[str, ...]
    since: int
    until: int
    properties: frozenset[str] | None = None


@dataclass(frozen=True)
class Ranges:
    """``dirty`` is what was asked, ``write`` what that influences, ``read`` what that needs."""

    dirty: Span
    write: Span
    read: Span


@dataclass(frozen=True)
class Task:
    """A piece of a run that is done wholly or again: the rows of ``devices`` in ``write``.

    No two tasks of a run write the same row. ``properties`` are those that are written, None:
    all. ``beside`` are devices that are only looked at, as neighbours. ``selected`` are those of
    both that were asked for: where frames are read, theirs are, and of the others what is stored.
    """

    id: str
    devices: tuple[str, ...]
    write: Span
    read: Span
    properties: frozenset[str] | None = None
    beside: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decoded:
    """Frames as they are on the topic ``readings``, copies among them, in any order.

    ``complete`` are by device the spans of which ``frames`` hold every sample: what is stored of
    these is not looked at, so a sample that no frame has any more vanishes. Elsewhere a frame
    takes its place among what is stored, and replaces its own samples there.
    """

    frames: Iterable[Mapping[str, Any]]
    complete: Mapping[str, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewritten:
    """Of one table: the rows to write, with their revisions and tombstones among them, and the
    stored rows that they replace. Nothing changed: both are empty."""

    rows: pa.Table
    superseded: pa.Table


@dataclass(frozen=True)
class Largest:
    """The largest change of a value of a series."""

    at: int
    before: float
    after: float


@dataclass(frozen=True)
class Summary:
    """What differs in one series.

    ``samples`` are the rows that were judged; of these ``added`` were not stored, ``values``
    have another value (one that appears or goes missing among them), ``flags`` another flag,
    ``others`` neither of both but another test, calibration or version. ``vanished`` rows get a
    tombstone. ``windows`` are those that differ, ``windows_vanished`` those that vanish.
    """

    device: str
    key: Key
    samples: int = 0
    added: int = 0
    values: int = 0
    flags: int = 0
    others: int = 0
    vanished: int = 0
    windows: int = 0
    windows_vanished: int = 0
    largest: Largest | None = None

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        rows = self.added, self.values, self.flags, self.others, self.vanished
        return any(rows) or bool(self.windows or self.windows_vanished)


@dataclass(frozen=True)
class Difference:
    """What a task found: by table what is to be written, and a summary of each series."""

    tables: Mapping[str, Rewritten]
    summary: tuple[Summary, ...]

    @property
    def rows(self) -> int:
        """How many rows are to be written."""
        return sum(part.rows.num_rows for part in self.tables.values())


@dataclass(frozen=True)
class Store:
    """How a run reads and writes; a worker process opens its own.

    ``observations`` gives those with ``observed_at`` in the span, ``windows`` those with
    ``start`` in it. The raw values among them are judged again, or those of ``archived`` where
    there is such, rows as those of ``observations``, or ``frames``. ``write`` may be called again
    with the same task: first what is superseded goes to the history, then the rows. ``close`` is
    called once at the end.
    """

    observations: Callable[[Sequence[str], Span], pa.Table]
    windows: Callable[[Sequence[str], Span], pa.Table]
    write: Callable[[Task, Difference], None]
    frames: Callable[[Sequence[str], Span], Decoded] | None = None
    close: Callable[[], None] = lambda: None
    archived: Callable[[Sequence[str], Span], pa.Table] | None = None


@dataclass(frozen=True)
class Job:
    """What all tasks of a run have in common.

    ``started`` is when the run began, UTC microseconds: the least revision of what it writes.
    ``schemas`` are those of the store by table. With ``dry`` nothing is written.
    """

    registry: Registry
    started: int
    schemas: Mapping[str, pa.Schema]
    dry: bool = False


@dataclass(frozen=True)
class Done:
    """A task and what it found."""

    task: Task
    summary: tuple[Summary, ...]
    rows: int
