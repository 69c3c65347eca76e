"""Samples a second from a month of Parquet through calibration, flags and windows into ClickHouse,
as a run does it: two processes that judge, behind them the embedded gateway.

The ceiling is the same tables, ready made, inserted by as many threads into other tables of the
same schema. One device is judged by the handler of live as well, and its rows compared.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.compute as pc

from bench import _archive
from cli.processes import gateway
from connectors.store import migrations
from connectors.store.client import connect
from connectors.store.restating import INSERT
from connectors.store.tables import SCHEMAS, arrow
from embedded.home import lay_out, with_password
from embedded.ports import free_ports
from embedded.process import running
from streams.registry import Registry
from streams.reprocess.contract import (
    TABLES,
    Difference,
    Done,
    Job,
    Selection,
    Span,
    Store,
    Task,
)
from streams.reprocess.executor import run as run_tasks
from streams.reprocess.ranges import tasks
from streams.reprocess.task import difference
from streams.settings import Settings

DEVICES = 48
PROCESSES = 2
STARTED = _archive.SINCE + 90 * 86_400 * _archive.SECOND


@dataclass(frozen=True)
class Opened:
    """Opens the store in a worker: raw values out of Parquet, rows into ClickHouse."""

    settings: Settings
    path: Path

    def __call__(self) -> Store:
        """A store with a client of its own."""
        client = connect(self.settings)

        def write(_task: Task, found: Difference) -> None:
            for name, part in found.tables.items():
                client.insert_arrow(name, part.rows, settings=INSERT)

        return replace(self.reading(), write=write, close=client.close)

    def reading(self) -> Store:
        """One that writes nothing."""
        observations, windows = (_nothing(name) for name in TABLES)
        return Store(observations, windows, lambda *_: None, archived=self._read)

    def _read(self, devices: Sequence[str], span: Span) -> pa.Table:
        return _archive.read(self.path, devices, span)


def _nothing(table: str) -> Callable[[Sequence[str], Span], pa.Table]:
    """A first write: nothing is stored that could differ."""
    return lambda _devices, _span: SCHEMAS[table].empty_table()


def run() -> dict[str, float]:
    """``rate`` in samples a second, ``ceiling`` of the inserts alone; ``core`` is that of one
    process that reads, judges and makes tables and inserts none, by its CPU; ``cpu_us`` is the CPU
    of all processes, gateway and starts among them, in microseconds a sample, ``ceiling_cpu_us``
    that of the inserts alone; ``rss_mib`` of this one."""
    devices = [f"{n:016X}" for n in range(1, DEVICES + 1)]
    with _served() as settings:
        path = settings.home / "month.parquet"
        samples = _archive.write(path, devices, 1)
        registry = _archive.registry(devices)
        until = _archive.SINCE + _archive.DAYS * 86_400 * _archive.SECOND
        work = tasks([Selection(tuple(devices), _archive.SINCE, until)], registry, until)
        job = Job(registry, STARTED, SCHEMAS)
        opened = Opened(settings, path)
        cpu = _cpu()
        rate = samples / _ran(work, job, opened)
        cpu = _cpu() - cpu
        _check(settings, samples)
        core, made = _core(work[-PROCESSES:], job, opened)
        alone = _cpu()
        ceiling = _inserted(settings, made)
        alone = _cpu() - alone
        _as_live(made[0], registry, devices[0])
    return {
        "rate": round(rate),
        "ceiling": round(ceiling),
        "ratio": round(rate / ceiling, 3),
        "core": round(core),
        "cpu_us": round(cpu / samples * 1e6, 2),
        "ceiling_cpu_us": round(alone / sum(map(_samples, made)) * 1e6, 2),
        "samples": samples,
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }


def _ran(work: Sequence[Task], job: Job, opened: Opened) -> float:
    """Seconds from the first process to the last row, the start of the processes among them."""
    done: list[Done] = []
    start = time.perf_counter()
    assert run_tasks(work, job, opened, done.append, lambda: False, PROCESSES)  # noqa: S101
    return time.perf_counter() - start


def _cpu() -> float:
    """Seconds of this process, of those that it waited for, and of those that still run."""
    own = psutil.Process()
    times = [own.cpu_times(), *(child.cpu_times() for child in own.children(recursive=True))]
    ended = own.cpu_times().children_user + own.cpu_times().children_system
    return float(sum(each.user + each.system for each in times) + ended)


def _check(settings: Settings, samples: int) -> None:
    client = connect(settings)
    stored = client.query("SELECT count() FROM observation").result_rows[0][0]
    assert stored == samples, (stored, samples)  # noqa: S101
    client.close()


def _core(work: Sequence[Task], job: Job, opened: Opened) -> tuple[float, list[Difference]]:
    """Samples a second of this process alone, and what it made."""
    store = opened.reading()
    start = time.process_time()
    made = [difference(task, job, store) for task in work]
    seconds = time.process_time() - start
    return sum(_samples(one) for one in made) / seconds, made


def _samples(found: Difference) -> int:
    return int(found.tables["observations"].rows.num_rows)


def _inserted(settings: Settings, made: Sequence[Difference]) -> float:
    """Samples a second of inserts alone, windows with them, by as many threads as there were
    processes."""
    client = connect(settings)
    for name in made[0].tables:
        client.command(f"CREATE TABLE ceiling_{name} AS {name}")
    with ThreadPoolExecutor(PROCESSES) as pool:
        start = time.perf_counter()
        list(pool.map(partial(_insert, settings), made))
        seconds = time.perf_counter() - start
    client.close()
    return sum(_samples(one) for one in made) / seconds


def _insert(settings: Settings, made: Difference) -> None:
    client = connect(settings)
    for name, part in made.tables.items():
        client.insert_arrow(f"ceiling_{name}", part.rows, settings=INSERT)
    client.close()


def _as_live(made: Difference, registry: Registry, device: str) -> None:
    """The rows of one device are those that the handler of live says."""
    said = _archive.lived(registry, device, made.tables["observations"].rows)
    for name, part in made.tables.items():
        rows = part.rows.filter(pc.equal(part.rows["device"], device))
        mine = arrow(name, said[name])
        same = {"device", "property", "channel", "revision", "arrival"}
        order = [(n, "ascending") for n in ("property", "observed_at", "start", "duration")]
        order = [one for one in order if one[0] in rows.schema.names]
        rows, mine = rows.sort_by(order), mine.sort_by(order)
        for column in rows.schema.names:
            if column not in same:
                assert rows[column].equals(mine[column]), (name, column)  # noqa: S101


@contextmanager
def _served() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        lay_out(home)
        settings = with_password(Settings.model_validate({"home": home} | free_ports()), make=True)
        stack.enter_context(running(gateway(settings), home / "logs"))
        migrations.apply(settings)
        yield settings
