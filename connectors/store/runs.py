"""The record of runs: who had what judged again and why, and how far that is."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from connectors.store.batch import ask
from connectors.store.client import answered
from connectors.store.restating import INSERT
from streams.errors import Stop
from streams.inventory import micros
from streams.reprocess.contract import Done, Task

RUNNING, INTERRUPTED, CANCELLED, DONE, REVERTED = (
    *("running", "interrupted", "cancelled", "done", "reverted"),
)
JUDGE, DECODE, SETTLE, REVERT = "judge", "decode", "settle", "revert"
SHOWN_MAX = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = pa.timestamp("us", "UTC")


@dataclass(frozen=True)
class Run:
    """A run as it is recorded; instants are UTC microseconds, ``ended`` None while it has not.

    ``selection``, ``config`` and ``counts`` are what JSON can say. ``until`` is how far the batch
    was allowed to write, ``sequence`` that of the registry that judged.
    """

    run: str
    state: str
    what: str
    author: str
    reason: str
    selection: Mapping[str, Any]
    code: str
    sequence: int
    config: Mapping[str, Any]
    until: int
    started: int
    ended: int | None = None
    samples: int = 0
    counts: Mapping[str, Any] = field(default_factory=dict)


_RUNS = pa.schema(
    [(n, pa.string()) for n in ("run", "state", "what", "author", "reason", "selection", "code")]
    + [("sequence", pa.int64()), ("config", pa.string())]
    + [(n, _INSTANT) for n in ("until", "started", "ended")]
    + [("samples", pa.uint64()), ("counts", pa.string()), ("revision", pa.uint64())]
)
_TASKS = pa.schema(
    [(n, pa.string()) for n in ("run", "state", "id", "counts")]
    + [(n, pa.uint32()) for n in ("task", "devices")]
    + [(n, _INSTANT) for n in ("since", "until")]
    + [(n, pa.uint64()) for n in ("samples", "written", "revision")]
    + [("seconds", pa.float64())]
)


def record(client: Client, run: Run, now: int) -> None:
    """Write down how a run is; ``now`` in UTC microseconds.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    texts = {n: json.dumps(getattr(run, n)) for n in ("selection", "config", "counts")}
    row = asdict(run) | texts | {"revision": now}
    _insert(client, "runs", pa.Table.from_pylist([row], _RUNS))


def record_tasks(client: Client, run: str, tasks: Sequence[Task], now: int) -> None:
    """Write down what a run is going to do.

    Raises:
        Retry: ClickHouse does not answer.
    """
    rows = [_task(run, i, task, "planned", now) for i, task in enumerate(tasks)]
    if rows:
        _insert(client, "run_tasks", pa.Table.from_pylist(rows, _TASKS))


def record_done(
    client: Client, run: str, number: int, done: Done, seconds: float, now: int
) -> None:
    """Write down that a task is done, and what came of it: counts by series, no values.

    Raises:
        Retry: ClickHouse does not answer.
    """
    told = {
        "samples": sum(s.samples for s in done.summary),
        "written": done.rows,
        "seconds": seconds,
        "counts": json.dumps(totals(done)),
    }
    row = _task(run, number, done.task, "done", now) | told
    _insert(client, "run_tasks", pa.Table.from_pylist([row], _TASKS))


_COUNTED = ("samples", "added", "values", "flags", "others", "vanished", "windows")


def totals(*done: Done) -> dict[str, int]:
    """What differed, over all series."""
    every = [s for one in done for s in one.summary]
    counted = {name: sum(getattr(s, name) for s in every) for name in _COUNTED}
    counted["windows_vanished"] = sum(s.windows_vanished for s in every)
    return counted | {"written": sum(one.rows for one in done)}


def found(client: Client, run: str) -> tuple[Run, dict[str, Any]]:
    """A run, and how far it is.

    Raises:
        Stop: there is none of that id; says which there are.
        Retry: ClickHouse does not answer.
    """
    rows = ask(client, "runs", run=run, limit=1) if run else []
    if not rows:
        latest = ", ".join(r["run"] for r in ask(client, "runs", run="", limit=5))
        raise Stop(f"there is no run {run!r}: the latest are {latest or 'none yet'}")
    return _run(rows[0]), rows[0]


def latest(client: Client, limit: int = 20) -> list[tuple[Run, dict[str, Any]]]:
    """The latest runs.

    Raises:
        Retry: ClickHouse does not answer.
    """
    return [(_run(row), row) for row in ask(client, "runs", run="", limit=limit)]


def tasks_done(client: Client, run: str) -> set[str]:
    """The ids of the tasks that a run has done.

    Raises:
        Retry: ClickHouse does not answer.
    """
    return {t["id"] for t in ask(client, "run_tasks", run=run) if t["state"] == "done"}


def summed(client: Client, run: str) -> dict[str, int]:
    """What differed in all tasks that a run has done.

    Raises:
        Retry: ClickHouse does not answer.
    """
    total: dict[str, int] = {}
    for task in ask(client, "run_tasks", run=run):
        for name, number in json.loads(task["counts"]).items():
            total[name] = total.get(name, 0) + number
    return total


def _run(row: Mapping[str, Any]) -> Run:
    names = [n for n in Run.__dataclass_fields__ if n in row]
    texts = {n: json.loads(row[n] or "{}") for n in ("selection", "config", "counts")}
    instants = {n: _micros(row[n]) for n in ("until", "started", "ended")}
    return Run(**{n: row[n] for n in names} | texts | instants)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _task(run: str, number: int, task: Task, state: str, now: int) -> dict[str, Any]:
    return {
        "run": run,
        "task": number,
        "revision": now,
        "state": state,
        "id": task.id,
        "devices": len(task.devices),
        "since": task.write[0],
        "until": task.write[1],
        "samples": 0,
        "written": 0,
        "seconds": 0.0,
        "counts": "{}",
    }


def record_days(
    client: Client,
    run: str,
    days: Iterable[tuple[str, int, str, int]],
    now: int,
    *,
    settled: bool = False,
) -> None:
    """Write down the days (device, day, reason, at) that a run has taken, or has settled.

    Raises:
        Retry: ClickHouse does not answer.
    """
    rows = [
        {"run": run, "device": device, "day": day, "reason": reason, "at": at}
        | {"revision": now, "is_deleted": settled}
        for device, day, reason, at in days
    ]
    if rows:
        _insert(client, "run_days", pa.Table.from_pylist(rows, _DAYS))


_DAYS = pa.schema(
    [
        *((n, pa.string()) for n in ("run", "device", "reason")),
        *(("day", pa.date32()), ("at", _INSTANT)),
        *(("revision", pa.uint64()), ("is_deleted", pa.bool_())),
    ]
)


def _insert(client: Client, table: str, rows: pa.Table) -> None:
    answered(lambda: client.insert_arrow(table, rows, settings=INSERT))


def datetime_of(at: int) -> datetime:
    """An instant for ClickHouse."""
    return _EPOCH + timedelta(microseconds=at)
