"""One task: read, judge, compare. The driver over functions that read and write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streams.applicable import Key
from streams.chain import Track
from streams.judge import Judged, Peers
from streams.plan import DevicePlan
from streams.quality import SECOND
from streams.reprocess import arrow, rows
from streams.reprocess.arrow import Block
from streams.reprocess.compare import Compared, Name, compared, grouped, rewritten
from streams.reprocess.contract import Difference, Job, Samples, Store, Task
from streams.reprocess.neighbourhood import Neighbourhood, peers, radius
from streams.reprocess.samples import decoded, stored, without_erased
from streams.reprocess.summary import Tables, summaries
from streams.siblings import Plans, Together, usable


def done(task: Task, job: Job, store: Store) -> Difference:
    """Find what differs and write it, unless the run is dry.

    Raises:
        Retry, Stop: as what reads and writes does.
    """
    found = difference(task, job, store)
    if found.rows and not job.dry:
        store.write(task, found)
    return found


def difference(task: Task, job: Job, store: Store) -> Difference:
    """Read the samples of a task, judge them, and compare with what is stored."""
    everybody = (*task.devices, *task.beside)
    observations = store.observations(everybody, task.read)
    windows = store.windows(task.devices, task.write)
    samples = stored(store.archived(everybody, task.read) if store.archived else observations)
    if store.frames is not None and task.selected:
        frames = store.frames(task.selected, task.read)
        samples = decoded(samples, frames, task.selected, job.registry, task.read)
    judged = judge(task, job, without_erased(samples, job.registry))
    own = {"observations": _own(task, observations), "windows": _whole(task, windows)}
    return _difference(task, job, judged, own)


@dataclass(frozen=True)
class Result:
    """The judged rows of a task: blocks by table, and the series that were judged."""

    blocks: Mapping[str, Sequence[Block]]
    series: frozenset[Name]


def judge(task: Task, job: Job, samples: Samples) -> Result:
    """The rows of a task in its write range, from all samples of its read range."""
    court = _Court(job, samples)
    blocks: dict[str, list[Block]] = {"observations": [], "windows": []}
    series: set[Name] = set()
    for device in task.devices:
        for key, judged in court.judged(device, task.properties):
            plan = court.plans(device)[key]
            series.add((device, key))
            blocks["observations"].append(rows.observations(device, key, plan, judged, task.write))
            blocks["windows"] += rows.windows(device, key, judged, task.write)
    return Result(blocks, frozenset(series))


def _own(task: Task, observations: pa.Table) -> pa.Table:
    """The stored rows that a task may write: without those around and those of its neighbours."""
    at = arrow.whole(observations["observed_at"])
    mine = (at >= task.write[0]) & (at < task.write[1])
    if task.beside:
        devices = pa.array(task.devices, pa.string())
        mine &= pc.is_in(arrow.one(observations["device"]).cast(pa.string()), devices).to_numpy(
            zero_copy_only=False
        )
    return observations.filter(pa.array(mine))


def _whole(task: Task, windows: pa.Table) -> pa.Table:
    """The stored windows that a task may write: live owns those that the end of its range cuts."""
    length = arrow.whole(windows["duration"]) * SECOND
    return windows.filter(pa.array(arrow.whole(windows["start"]) + length <= task.write[1]))


def _difference(
    task: Task, job: Job, judged: Result, stored_rows: Mapping[str, pa.Table]
) -> Difference:
    tables: dict[str, Tables] = {}
    found: dict[str, Compared] = {}
    for name, schema in job.schemas.items():
        if name in stored_rows:
            known = _judged_again(stored_rows[name], judged.series)
            tables[name] = arrow.table(judged.blocks[name], schema), known
            found[name] = compared(*tables[name], name)
    return Difference(
        {name: rewritten(*tables[name], of, job.started) for name, of in found.items()},
        tuple(summaries(tables, found)),
    )


def _judged_again(table: pa.Table, series: Iterable[Name]) -> pa.Table:
    """Without the rows of series that nothing declared can judge: they stay as they were said."""
    of, names = grouped(table)
    wanted = frozenset(series)
    known = np.array([name in wanted for name in names], np.bool_)
    return table if known.all() else table.filter(pa.array(known[of]))


@dataclass
class _Court:
    """The devices of a task, each judged once when it is first asked for."""

    job: Job
    samples: Samples
    _plans: dict[str, Plans] = field(default_factory=dict)
    _alone: dict[str, Together] = field(default_factory=dict)

    def plans(self, device: str) -> Plans:
        """Those of the series of which there are samples; none of an undeclared device."""
        if device not in self._plans:
            declared = self.job.registry.get("device", device)
            keys = sorted(self.samples.get(device, {}))
            plan = DevicePlan(self.job.registry, declared) if declared else None
            self._plans[device] = usable(plan, keys) if plan else {}
        return self._plans[device]

    def judged(
        self, device: str, properties: frozenset[str] | None
    ) -> Iterable[tuple[Key, Judged]]:
        """The series of a device, of these properties."""
        plans = self.plans(device)
        metres = max((radius(plan) for plan in plans.values()), default=0.0)
        together = self._among_others(device, metres) if metres else self.alone(device)
        for key in plans:
            if properties is None or key[0] in properties:
                yield key, together.judged(key)

    def alone(self, device: str) -> Together:
        """A device without a look at others, as live judges it."""
        if device not in self._alone:
            self._alone[device] = Together(self.samples.get(device, {}), self.plans(device))
        return self._alone[device]

    def _among_others(self, device: str, metres: float) -> Together:
        beside = self.job.registry.once(Neighbourhood).beside(device, metres)
        plans = self.plans(device)

        def look(key: Key) -> Peers:
            return peers(plans[key], beside, lambda other: self._track(other, key))

        return Together(self.samples.get(device, {}), plans, peers=look)

    def _track(self, device: str, key: Key) -> Track | None:
        """The usable values of a series of another device."""
        if key not in self.plans(device):
            return None
        return self.alone(device).usable(key, key[0])
