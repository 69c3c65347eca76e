"""Tasks side by side: each once, cancelled between two, an error told after those at work."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.store.tables import SCHEMAS
from streams.errors import Retry
from streams.registry import Registry
from streams.reprocess.contract import Difference, Done, Job, Store, Task
from streams.reprocess.executor import run

JOB = Job(Registry(), 1, SCHEMAS)
TASKS = [Task(f"t{i}", (f"D{i}",), (0, 10), (0, 10)) for i in range(5)]


@dataclass(frozen=True)
class Opened:
    """Notes what was asked of it in a folder; fails for one of the devices."""

    folder: Path
    failing: str = ""

    def __call__(self) -> Store:
        def read(table: str, devices: tuple[str, ...]) -> object:
            if self.failing in devices:
                raise Retry("the store is away")
            (self.folder / f"{table}-{devices[0]}").touch()
            return SCHEMAS[table].empty_table()

        def write(_task: Task, _found: Difference) -> None:
            raise AssertionError("nothing differs")

        return Store(
            lambda devices, _: read("observations", tuple(devices)),
            lambda devices, _: read("windows", tuple(devices)),
            write,
        )


@pytest.mark.parametrize("processes", [1, 2])
def test_every_task_is_done_once(tmp_path: Path, processes: int) -> None:
    done: list[Done] = []
    assert run(TASKS, JOB, Opened(tmp_path), done.append, lambda: False, processes)
    assert sorted(one.task.id for one in done) == [task.id for task in TASKS]
    assert len(list(tmp_path.iterdir())) == 2 * len(TASKS)


def test_cancelled_between_two_tasks(tmp_path: Path) -> None:
    done: list[Done] = []
    assert not run(TASKS, JOB, Opened(tmp_path), done.append, lambda: len(done) == 2)
    assert [one.task.id for one in done] == ["t0", "t1"]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_task_raises_ends_the_run(tmp_path: Path, processes: int) -> None:
    done: list[Done] = []
    with pytest.raises(Retry, match="the store is away"):
        run(TASKS, JOB, Opened(tmp_path, "D1"), done.append, lambda: False, processes)
    assert "t0" in {one.task.id for one in done}
    assert "t1" not in {one.task.id for one in done}
