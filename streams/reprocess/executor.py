"""Runs tasks side by side, in processes of their own where there are several.

A task that was done is done again without harm, so a run that ended in between is resumed by
giving it the tasks that were not reported as done.
"""

import atexit
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context

from streams.garbage import collect_seldom
from streams.reprocess import task
from streams.reprocess.contract import Done, Job, Store, Task

PATIENCE = 0.5
"""Seconds between two looks at whether the run is cancelled."""

Opened = Callable[[], Store]


def run(
    tasks: Sequence[Task],
    job: Job,
    opened: Opened,
    done: Callable[[Done], None],
    cancelled: Callable[[], bool],
    processes: int = 1,
) -> bool:
    """Do all tasks; whether they were all done, False after ``cancelled`` said so.

    ``opened`` is picklable and is called once in each process; ``done`` and ``cancelled`` are
    called here. With one process all happens in this one.

    Raises:
        Retry, Stop: what a task raised; those at work are finished first and told of.
    """
    if processes == 1:
        return _alone(tasks, job, opened, done, cancelled)
    with _pool(job, opened, processes) as pool:
        return _side_by_side(iter(tasks), pool, processes, done, cancelled)


def _alone(
    tasks: Iterable[Task],
    job: Job,
    opened: Opened,
    done: Callable[[Done], None],
    cancelled: Callable[[], bool],
) -> bool:
    store = opened()
    try:
        for each in tasks:
            if cancelled():
                return False
            done(_done(each, job, store))
    finally:
        store.close()
    return True


def _side_by_side(
    tasks: Iterator[Task],
    pool: ProcessPoolExecutor,
    processes: int,
    done: Callable[[Done], None],
    cancelled: Callable[[], bool],
) -> bool:
    """As many at a time as there are processes, so that cancelling waits for these alone."""
    working = {pool.submit(_work, each) for each in islice(tasks, processes)}
    stopped, failed = False, None
    while working:
        over, working = wait(working, PATIENCE, FIRST_COMPLETED)
        for one in over:
            failed = one.exception() or failed
            if one.exception() is None:
                done(one.result())
        stopped = stopped or cancelled()
        if not stopped and failed is None:
            working |= {pool.submit(_work, each) for each in islice(tasks, len(over))}
    if failed is not None:
        raise failed
    return not stopped


@contextmanager
def _pool(job: Job, opened: Opened, processes: int) -> Iterator[ProcessPoolExecutor]:
    """Spawned, not forked: a client of Kafka or ClickHouse does not survive a fork."""
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (job, opened)) as pool:
        yield pool


def _begin(job: Job, opened: Opened) -> None:
    """In a new process: Ctrl-C is for the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    store = opened()
    collect_seldom()
    atexit.register(store.close)
    _OPEN.append((job, store))


_OPEN: list[tuple[Job, Store]] = []
"""Of a process of the pool: what its initializer opened."""


def _work(each: Task) -> Done:
    return _done(each, *_OPEN[0])


def _done(each: Task, job: Job, store: Store) -> Done:
    found = task.done(each, job, store)
    return Done(each, found.summary, found.rows)
