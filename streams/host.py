"""What decode and observe have in common: partitions come and go, batches happen once.

Nothing that delivers records is trusted. The position is ours; what lies between it and a batch
is read by hand and judged first, so a range that was lost on the way heals by itself.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import groupby
from typing import Generic, TypeVar

import structlog

from streams import metrics
from streams.errors import Retry, Stop
from streams.handler import Effects, Handler, Record
from streams.kafka import committed
from streams.lane import GIVE_UP, Fenced, Lane, Phase, open_lane
from streams.settings import Settings
from streams.topic_reader import RangeReader
from streams.topics import UPLINKS
from streams.trim import trim

log = structlog.get_logger()
S = TypeVar("S")

DOUBT = 10.0
"""Seconds after a rebalance in which every gap in the offsets is looked into."""

CONFIRMATION = 150.0
"""Seconds that a batch waits for a tick that confirms a leap of the clock."""

AHEAD_MAX = 20_000
"""Records that a batch is joined by at most while it waits."""

LARGE = 1000
"""Records from which on a batch waits for its turn where its handler says so. Small ones are done
sooner than they would wait, for instance for one that asks what has just been declared."""

_PAUSE = 1.0
_MARKER = 2
"""One transaction marker between two records: their offsets differ by two. The door writes
uplinks without transactions, so there every hole is looked into."""


Batches = Callable[[Lane[S]], Iterator[Sequence[Record]]]


class _LetGo(Exception):
    """The worker is to end before a batch could be judged: whoever comes next does it."""


class Host(Generic[S]):
    """Drives one handler on the partitions that this worker has been assigned."""

    def __init__(self, handler: Handler[S], settings: Settings, on_phase: Phase) -> None:
        self.handler = handler
        self.lanes: dict[int, Lane[S]] = {}
        self._settings, self._on_phase = settings, on_phase
        self._assigned: frozenset[int] = frozenset()
        self._doubt_until = 0.0
        self._busy: set[int] = set()
        self._stopping = threading.Event()
        self._turn = threading.Lock() if handler.in_turn else nullcontext()
        self._locks = [threading.Lock() for _ in range(settings.partitions)]
        self._reader = RangeReader(settings, handler.topic.name(settings.topic_prefix))

    def assign(self, partitions: frozenset[int]) -> None:
        """These partitions are ours from now on."""
        self._assigned = partitions
        self._doubt_until = time.monotonic() + DOUBT
        for gone in self.lanes.keys() - partitions:
            if lane := self.lanes.pop(gone, None):
                name = self.handler.name
                metrics.forget(name, gone, self.handler.sizes(lane.state))

    def open(self) -> None:
        """Open what is ours, side by side: one after the other takes seconds."""
        with ThreadPoolExecutor(self._settings.partitions) as pool:
            list(pool.map(lambda p: self._hold(p, self._undelivered), sorted(self._assigned)))
        trim()

    def stop(self) -> None:
        """Nothing more is begun, and a batch that waits for its judgement is let go."""
        self._stopping.set()
        self.revoke()

    def revoke(self) -> None:
        """Nothing is ours until the next assignment."""
        self._assigned = frozenset()
        self._doubt_until = time.monotonic() + DOUBT

    def process(self, partition: int, records: Sequence[Record]) -> None:
        """Judge the records of one partition, in order of their offsets, each once.

        Raises:
            Stop: this worker must leave the process.
        """
        self._hold(partition, lambda lane: self._whole(lane, records))

    def _hold(self, partition: int, batches: Batches[S]) -> None:
        with self._locks[partition]:
            self._busy.add(partition)
            try:
                self._persist(partition, batches)
            except _LetGo:
                log.info("let_go", handler=self.handler.name, partition=partition)
            finally:
                self._busy.discard(partition)

    @property
    def at_work(self) -> bool:
        """Whether a batch is in hand."""
        return bool(self._busy)

    def _persist(self, partition: int, batches: Batches[S]) -> None:
        deadline = time.monotonic() + GIVE_UP
        while partition in self._assigned:
            try:
                self._do_all(partition, batches)
            except Retry as e:
                if time.monotonic() > deadline:
                    raise Stop(f"{self.handler.name}[{partition}]: {e}") from e
                log.warning("again", partition=partition, reason=str(e))
                self._stopping.wait(_PAUSE)
            else:
                return

    def _do_all(self, partition: int, batches: Batches[S]) -> None:
        lane = self._lane(partition)
        try:
            for batch in batches(lane):
                if partition not in self._assigned:
                    return
                self._do(lane, batch)
        except Fenced as e:
            self.lanes.pop(partition, None)
            if partition in self._assigned:
                raise
            log.info("left_to_another", partition=partition, reason=str(e))

    def waiting(self, partition: int, position: int, end: int) -> bool:
        """Whether a record lies between a position and an end, and not only markers."""
        return bool(self._reader.between(partition, position + 1, end))

    def _lane(self, partition: int) -> Lane[S]:
        lane = self.lanes.get(partition)
        if lane is None:
            lane = open_lane(self.handler, partition, self._settings)
            if partition in self._assigned:
                self.lanes[partition] = lane
        return lane

    def _whole(self, lane: Lane[S], records: Sequence[Record]) -> Iterator[Sequence[Record]]:
        """Batches without a hole: the records, and before them what was not delivered."""
        ordered = sorted({r.offset: r for r in records if r.offset > lane.position}.items())
        expected = lane.position + 1
        run: list[Record] = []
        for offset, record in ordered:
            if offset != expected and not self._explained(offset - expected + 1):
                yield from self._slices(run)
                run = []
                yield from self._missing(lane, offset)
            run.append(record)
            expected = offset + 1
        yield from self._slices(run)

    def _explained(self, step: int) -> bool:
        marked = self.handler.topic is not UPLINKS
        return marked and step <= _MARKER and time.monotonic() > self._doubt_until

    def _slices(self, run: list[Record]) -> Iterator[Sequence[Record]]:
        size = self._settings.batch_max
        yield from (run[i : i + size] for i in range(0, len(run), size))

    def _undelivered(self, lane: Lane[S]) -> Iterator[Sequence[Record]]:
        """What the group counts as delivered and is not done: nothing will come to tell of it."""
        topic = self.handler.topic.name(self._settings.topic_prefix)
        until = committed(self._settings, topic, lane.partition)
        if lane.position + 1 < until:
            yield from self._missing(lane, until)

    def _missing(self, lane: Lane[S], until: int) -> Iterator[Sequence[Record]]:
        start = lane.position + 1
        while found := self._reader.between(lane.partition, start, until):
            metrics.HEALED.labels(self.handler.name).inc(len(found))
            log.warning("healed", lane=str(lane), first=found[0].offset, records=len(found))
            yield from self._slices(found)
            start = found[-1].offset + 1

    def _do(self, lane: Lane[S], batch: Sequence[Record]) -> None:
        records = [r for r in batch if r.offset > lane.position]
        if not records:
            return
        info: dict[str, object] = {
            "handler": self.handler.name,
            "partition": lane.partition,
            "first": records[0].offset,
            "last": records[-1].offset,
        }
        with metrics.BATCH.labels(self.handler.name).time():
            self._on_phase("begin", info)
            effects, clock = self._judged(lane, records)
            self._on_phase("judged", info)
            lane.commit(effects, records[-1].offset, clock, lambda: self._on_phase("sent", info))
            self._on_phase("committed", info)
        name = self.handler.name, lane.partition
        metrics.done(name, effects, len(records), clock, time.time())

    def _judged(self, lane: Lane[S], records: list[Record]) -> tuple[Effects, int]:
        """The effects of a batch; one that cannot be judged yet is joined by what follows it."""
        deadline = time.monotonic() + CONFIRMATION
        while not self._stopping.is_set():
            try:
                with self._turn if len(records) >= LARGE else nullcontext():
                    return self.handler.handle(lane.state, lane.clock, lane.unseen(records))
            except Retry as e:
                if time.monotonic() > deadline:
                    raise Stop(str(e)) from e
                log.warning("waits", lane=str(lane), reason=str(e))
                if len(records) < AHEAD_MAX:
                    records += self._reader.after(lane.partition, records[-1].offset + 1)
                else:
                    self._stopping.wait(_PAUSE)
        raise _LetGo


def by_partition(records: Sequence[Record]) -> dict[int, list[Record]]:
    """Records grouped by partition, order kept."""
    ordered = sorted(records, key=lambda r: r.partition)
    return {p: list(group) for p, group in groupby(ordered, key=lambda r: r.partition)}
