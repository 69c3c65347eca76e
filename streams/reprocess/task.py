"""One task: read, judge, compare. The driver over functions that read and write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streams.quality import SECOND
from streams.reprocess import arrow, rows
from streams.reprocess.arrow import Block
from streams.reprocess.compare import Compared, Name, compared, grouped, rewritten
from streams.reprocess.contract import Difference, Job, Samples, Store, Task
from streams.reprocess.court import Court
from streams.reprocess.samples import decoded, stored, without_erased
from streams.reprocess.summary import Tables, summaries


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
    court = Court(job.registry, samples)
    blocks: dict[str, list[Block]] = {"observations": [], "windows": []}
    series: set[Name] = set()
    for device, key, judged in court.judged(task.devices, task.properties):
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
