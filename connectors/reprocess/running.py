"""A run from its record to its end: days taken, frames spooled, tasks done, days settled.

Whatever ends it in between, the record says how far it came and :func:`work` goes on from there.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

from connectors.reprocess import days, spool
from connectors.reprocess.alive import alive, held
from connectors.reprocess.framing import frames
from connectors.reprocess.planning import Plan
from connectors.reprocess.work import Place, Work, tasks_of
from connectors.store import runs
from connectors.store.runs import Run
from connectors.store.tables import SCHEMAS
from streams.declare import registered
from streams.errors import Stop
from streams.reprocess import executor
from streams.reprocess.contract import Done, Job, Task

Told = Callable[[Done, int, int], None]
"""Called with what a task found, how many are done, and how many there are."""

SIGN = 2.0
"""Seconds between two looks whether somebody has cancelled the run."""


def begin(place: Place, plan: Plan, what: str, author: str, reason: str) -> Run:
    """Record a run and take its days; nothing is judged yet.

    Raises:
        Retry: a server does not answer; what was recorded can be resumed or cancelled.
    """
    now = place.now()
    run = Run(
        run=name(now),
        state=runs.RUNNING,
        what=what,
        author=author,
        reason=reason,
        selection=plan.work.said() | {"asked": plan.asked},
        code=version("vigie"),
        sequence=0,
        config={"horizon_hours": place.settings.horizon_hours, "clock": place.settings.clock},
        until=plan.until,
        started=now,
        samples=plan.samples,
    )
    runs.record(place.client, run, now)
    days.take(place.settings, place.client, run.run, plan.taken, now)
    return run


def name(now: int) -> str:
    """The id of a run that begins then, such as ``20260301T020000.123456``."""
    return runs.datetime_of(now).strftime("%Y%m%dT%H%M%S.%f")


def work(place: Place, run: Run, jobs: int, told: Told, interrupted: Callable[[], bool]) -> Run:
    """Do what a run has not done yet; the run as it is then: done, interrupted or cancelled.

    What is declared is what is declared now: where it has changed since the run was interrupted,
    all of it is judged again.

    Raises:
        Stop: the run is at work elsewhere, or something must be mended first.
        Retry: a server does not answer; resume it.
    """
    with held(place.settings.home, run.run):
        registry = registered(place.settings, place.wire)
        same = run.sequence == registry.sequence
        before = runs.tasks_done(place.client, run.run) if same else set()
        run = replace(run, state=runs.RUNNING, sequence=registry.sequence, ended=None)
        runs.record(place.client, run, place.now())
        todo = Work.of(run)
        tasks = tasks_of(place.client, registry, todo)
        if not before:
            runs.record_tasks(place.client, run.run, tasks, place.now())
        left = [task for task in tasks if task.id not in before]
        record = _Recorder(place, run, tasks, told, interrupted)
        try:
            with frames(place, run.run, registry, todo, left) as (opening, record.frames):
                job = Job(registry, run.started, SCHEMAS)
                ended = executor.run(left, job, opening, record.done, record.stopped, jobs)
        except BaseException:
            record.close(runs.INTERRUPTED)
            raise
        if ended:
            days.settle(place.client, run.run, days.taken(place.client, run.run), place.now())
        return record.close(runs.DONE if ended else runs.INTERRUPTED)


def look(place: Place, plan: Plan, jobs: int, told: Told, interrupted: Callable[[], bool]) -> bool:
    """Compute what a run would change, and write nothing; whether it came to its end.

    Raises:
        Retry: a server does not answer.
    """
    registry = registered(place.settings, place.wire)
    todo = plan.work
    tasks = tasks_of(place.client, registry, todo)
    seen: list[Done] = []

    def done(one: Done) -> None:
        seen.append(one)
        told(one, len(seen), len(tasks))

    with frames(place, f"look-{name(place.now())}", registry, todo, tasks, dry=True) as (
        opening,
        _,
    ):
        job = Job(registry, place.now(), SCHEMAS, dry=True)
        return executor.run(tasks, job, opening, done, interrupted, jobs)


def cancel(place: Place, run: Run) -> int:
    """End a run for good and give back the days that it has not settled; how many days.

    What it has written stays: it is right, and :func:`connectors.reprocess.reverting.revert`
    takes it back.

    Raises:
        Stop: it has ended already.
        Retry: a server does not answer; do it again.
    """
    if run.state not in (runs.RUNNING, runs.INTERRUPTED, runs.CANCELLED):
        raise Stop(f"run {run.run} is {run.state}: there is nothing to cancel")
    now = place.now()
    runs.record(place.client, replace(run, state=runs.CANCELLED, ended=now), now)
    if not alive(place.settings.home, run.run):
        spool.remove(spool.path_of(place.settings.home, run.run))
    return days.give_back(place.settings, place.client, place.wire, run.run, now)


class _Recorder:
    """Writes down what is done, and looks now and then whether somebody cancels."""

    def __init__(
        self,
        place: Place,
        run: Run,
        tasks: Sequence[Task],
        told: Told,
        interrupted: Callable[[], bool],
    ) -> None:
        self._place, self._run, self._told = place, run, told
        self._interrupted = interrupted
        self._number = {task.id: i for i, task in enumerate(tasks)}
        self._seen: list[Done] = []
        self._last = self._looked = time.monotonic()
        self._over = False
        self.frames: Mapping[str, int] = {}

    def done(self, one: Done) -> None:
        now = time.monotonic()
        self._seen.append(one)
        number = self._number[one.task.id]
        seconds, self._last = now - self._last, now
        runs.record_done(self._place.client, self._run.run, number, one, seconds, self._place.now())
        self._told(one, len(self._seen), len(self._number))

    def stopped(self) -> bool:
        if self._interrupted():
            return True
        if time.monotonic() - self._looked > SIGN:
            self._looked = time.monotonic()
            self._over = self._cancelled()
        return self._over

    def close(self, state: str) -> Run:
        """Write down how it ended; a run that was cancelled meanwhile stays so."""
        if state != runs.DONE and self._cancelled():
            return runs.found(self._place.client, self._run.run)[0]
        now = self._place.now()
        ended = now if state == runs.DONE else None
        counts = runs.summed(self._place.client, self._run.run) | dict(self.frames)
        run = replace(self._run, state=state, ended=ended, counts=counts)
        runs.record(self._place.client, run, now)
        return run

    def _cancelled(self) -> bool:
        return runs.found(self._place.client, self._run.run)[0].state == runs.CANCELLED
