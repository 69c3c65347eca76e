"""``vigie reprocess``: what is stored, judged again."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cli import reprocess_telling as telling
from cli.command import Command
from cli.load import Home, Output, Shape, load
from cli.options import spread
from cli.progress import steps
from cli.reprocess_choice import Choice, What
from streams.duration import HOUR

if TYPE_CHECKING:
    from connectors.reprocess.planning import Plan, Question
    from connectors.reprocess.work import Place
    from connectors.store.runs import Run
    from streams.reprocess.contract import Done, Summary

DIFFERENT = 3
BROKEN_OFF = 130
"""As a shell has it after Ctrl-C."""

reprocess = typer.Typer(no_args_is_help=True, help="What is stored, judged again.")

Id = Annotated[str, typer.Argument(metavar="RUN", help="As `vigie reprocess status` has it.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Processes side by side.")]
Author = Annotated[str | None, typer.Option(help="Who answers for it.")]
Reason = Annotated[str | None, typer.Option(help="Why; it is kept with every row that changes.")]


@reprocess.command()
@spread
def plan(choice: Choice, output: Output = Shape.table, home: Home = None) -> None:
    """What a run would judge again: samples, devices, days, why, and about how long it takes."""
    asked = choice.question()
    with _place(home) as place:
        telling.plan(_planned(place, asked), output)


@reprocess.command()
@spread
def run(
    choice: Choice,
    author: Author = None,
    reason: Reason = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compute the differences and write nothing.")
    ] = False,
    jobs: Jobs = 2,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Go on with this run; nothing else is asked.")
    ] = None,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """Judge again what is asked, and write what differs; old values stay, with the run.

    Ctrl-C lets the tasks at work end; --resume goes on. What is younger than the live horizon is
    left to live. A run needs --author and --reason, but not with --dry-run or --what verify, which
    write nothing.
    """
    if resume:
        with _place(home) as place:
            _worked(place, _of(place, resume), jobs, output)
        return
    asked = choice.question()
    looks = dry_run or choice.what is What.verify
    if not looks and not (author and reason):
        raise typer.BadParameter("say --author and --reason: they are kept with what changes")
    with _place(home) as place:
        found = _planned(place, asked)
        if looks:
            differ = _looked(place, found, jobs, output)
            if differ and choice.what is What.verify:
                raise typer.Exit(DIFFERENT)
        elif not found.work.asked and not found.taken:
            telling.say("there is nothing to do: `vigie reprocess plan` shows why")
            if output is Shape.json:
                telling.data({"run": None, "written": 0})
        else:
            telling.say(f"{found.samples} samples to judge, {len(found.taken)} days taken")
            _worked(place, _begun(place, found, str(author), str(reason)), jobs, output)


@reprocess.command()
def status(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The latest so many.")] = 20,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """The latest runs: who, why, how far."""
    from connectors.store import runs

    with _place(home) as place:
        at = place.settings.home
        found = [telling.run(one, row, at) for one, row in runs.latest(place.client, limit)]
    if output is Shape.json:
        telling.data(found)
    else:
        telling.rows(found)


@reprocess.command()
def show(run: Id, output: Output = Shape.table, home: Home = None) -> None:
    """One run: what is recorded of it, and what it changed, by series."""
    from connectors.store import runs
    from connectors.store.batch import ask

    with _place(home) as place:
        one, row = runs.found(place.client, run)
        changed = ask(place.client, "run_differences", run=run, limit=runs.SHOWN_MAX)
        telling.record(one, row, changed, output)


@reprocess.command()
def revert(
    run: Id,
    author: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    home: Home = None,
) -> None:
    """Put back what a run superseded, where the row is still the run's; that is a run as well."""
    from connectors.reprocess.reverting import revert as back

    with _place(home) as place:
        done = back(place, _of(place, run), author, reason)
    restored, left = (sum(c[n] for c in done.counts.values()) for n in ("restored", "left"))
    telling.say(f"run {done.run}: {restored} rows are as they were before {run}")
    if left:
        telling.say(f"{left} rows were left: they have been written since by somebody else")


@reprocess.command()
def cancel(run: Id, home: Home = None) -> None:
    """End a run for good: what it wrote stays, the days that it has not settled are pending."""
    from connectors.reprocess.running import cancel as end

    with _place(home) as place:
        given = end(place, _of(place, run))
    telling.say(f"run {run} is cancelled; {given} days are pending again")


def _planned(place: "Place", asked: "Question") -> "Plan":
    from connectors.reprocess.planning import plan as planned
    from streams.declare import registered

    horizon = place.settings.horizon_hours * HOUR
    registry = registered(place.settings, place.wire)
    return planned(place.client, registry, asked, horizon)


def _begun(place: "Place", found: "Plan", author: str, reason: str) -> "Run":
    from connectors.reprocess.running import begin
    from connectors.store import runs

    what = runs.DECODE if found.decodes else runs.JUDGE
    one = begin(place, found, what, author, reason)
    telling.say(f"run {one.run}")
    return one


def _worked(place: "Place", one: "Run", jobs: int, output: Shape) -> None:
    """Work on a run and say what became of it."""
    from connectors.reprocess.running import work
    from connectors.store import runs

    if one.state in (runs.DONE, runs.CANCELLED, runs.REVERTED):
        telling.say(f"run {one.run} is {one.state}: there is nothing to resume")
        raise typer.Exit(1)
    with _interrupted() as stop, steps("tasks") as step:
        after = work(place, one, jobs, lambda _, done, total: step(done, total), stop.is_set)
    row = runs.found(place.client, one.run)[1]
    if output is Shape.json:
        telling.data(telling.run(after, row, place.settings.home) | {"counts": dict(after.counts)})
    else:
        telling.rows([dict(after.counts)])
    telling.say(f"run {after.run} is {after.state}: {row['written']} rows written")
    if after.state != runs.DONE:
        telling.say(f"go on with: vigie reprocess run --resume {after.run}")
        raise typer.Exit(BROKEN_OFF)


def _looked(place: "Place", found: "Plan", jobs: int, output: Shape) -> bool:
    """Print what would change; whether anything would."""
    from connectors.reprocess.running import look

    every: list[Summary] = []

    def told(one: "Done", done: int, total: int) -> None:
        every.extend(one.summary)
        step(done, total)

    with _interrupted() as stop, steps("tasks") as step:
        ended = look(place, found, jobs, told, stop.is_set)
    telling.differences(every, output)
    if not ended:
        telling.say("broken off: there may be more")
        raise typer.Exit(BROKEN_OFF)
    return any(s.differs for s in every)


def _of(place: "Place", run: str) -> "Run":
    from connectors.store import runs

    return runs.found(place.client, run)[0]


@contextmanager
def _place(home: Home) -> "Iterator[Place]":
    from cli.logs import configure
    from connectors import networks
    from connectors.reprocess.work import Place
    from connectors.store.client import connect
    from streams.discover import discover
    from streams.schema_registry import connect as schemas
    from streams.uplinks import Network

    settings = load(home=home)
    configure("error", plain=True)
    with closing(connect(settings)) as client:
        formats = discover(networks, Network)
        yield Place(settings, client, schemas(settings), formats, lambda: time.time_ns() // 1000)


@contextmanager
def _interrupted() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set: what is at work ends first."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def once(*_: object) -> None:
        stop.set()
        telling.say("the tasks at work end first; this takes a moment")

    former = {one: signal.signal(one, once) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)


COMMAND = Command("reprocess", reprocess)
