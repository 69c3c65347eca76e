"""Progress on stderr: a bar where somebody watches, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from embedded.progress import Progress

WORTH_A_LINE = 1 << 20
"""Bytes; where nobody watches, smaller files are fetched without a word."""


@contextmanager
def shown() -> Iterator[Progress]:
    """A :data:`Progress` to pass on."""
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", visible=False)

        def bar(what: str, done: int, total: int) -> None:
            if total:
                bars.update(task, description=what, completed=done, total=total, visible=True)
            else:
                bars.update(task, visible=False)
                bars.console.print(what, highlight=False, markup=False)

        yield bar


def _line(what: str, done: int, total: int) -> None:
    if not total:
        print(what, file=sys.stderr, flush=True)  # noqa: T201
    elif done == total >= WORTH_A_LINE:
        print(f"fetched {what}, {total >> 20} MiB", file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def steps(what: str) -> Iterator[Callable[[int, int], None]]:
    """To be called with how many of how many steps are done; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
