"""``vigie demo``: four days of a small city in a minute, compared with the truth."""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.command import Command
from cli.load import Output, Shape, load
from embedded.progress import Progress
from streams.settings import Settings

if TYPE_CHECKING:
    from connectors.simulator.plan import Plan

DIFFERENT = 3
AUTUMN = "2026-10-23T00:00:00+00:00"
"""Four days from here hold the night in which the clocks go back."""

_PATIENCE = 60.0
"""Seconds without progress after which the store is taken to be stuck."""


def demo(
    once: Annotated[bool, typer.Option("--once", help="Exit after the comparison.")] = False,
    seed: Annotated[int, typer.Option(help="Of the city and of all that happens in it.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=31, help="Simulated days.")] = 4,
    devices: Annotated[int, typer.Option(min=8, max=10_000, help="Simulated devices.")] = 30,
    start: Annotated[str, typer.Option(help="Midnight UTC of the first day.")] = AUTUMN,
    output: Output = Shape.table,
    home: Annotated[
        Path | None, typer.Option(help="An empty folder to use instead of a temporary one; kept.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary home.")] = False,
) -> None:
    """Boot everything in a scratch home, post a simulated city, print what came of it.

    Two network servers post the uplinks of fill gauges and sound level meters over HTTP, with
    copies, late frames, spikes, a stuck sensor and a lost hour. What the store holds at the end
    is compared with the simulator's truth. Stays up until Ctrl-C, unless --once is given. Ends
    with 3 where store and truth differ.
    """
    from cli.interrupt import interruptible
    from cli.logs import configure
    from cli.progress import shown
    from connectors.simulator.plan import plan

    try:
        made = plan(seed, datetime.fromisoformat(start), days, devices)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e
    with interruptible(), _scratch(home, keep) as folder, shown() as progress:
        settings = _settings(folder)
        configure(settings.log_level, plain=True)
        equal = _run(settings, made, progress, output, once)
    if not equal:
        raise SystemExit(DIFFERENT)


def _run(settings: Settings, plan: "Plan", progress: Progress, output: Shape, once: bool) -> bool:
    """Whether the store has the truth; returns when it is time to stop."""
    from cli.footprint import Footprint
    from cli.world import world
    from connectors.simulator.run import declare, post
    from connectors.store.frontier import settle
    from streams.errors import Stop

    timings = _Timings()
    with (
        Footprint() as footprint,
        world(settings, progress, lambda complete: declare(complete, plan)) as running,
    ):
        complete = running.settings
        timings.note("boot_s")
        progress(f"posting {len(plan.posts)} uplinks of {len(plan.sensors)} devices", 0, 0)
        played = post(complete, plan, lambda n: progress("posting", n, len(plan.posts)))
        timings.note("post_s")
        progress("waiting for the store to meet the last tick", 0, 0)
        settle(complete, played.last, _PATIENCE)
        timings.note("settle_s")
        found = _compare(complete, plan, played.sent)
        timings.note("compare_s")
        footprint.look()
        found |= {"timings": timings.all(), "rss_mib": round(footprint.peak)}
        _print(found, output)
        if not once:
            progress(f"vigie is up in {settings.home}; Ctrl-C stops it", 0, 0)
            running.supervisor.failed.wait()
            raise Stop(f"a process failed: its log is in {settings.home / 'logs'}")
    return bool(found["truth"]["equal"])


class _Timings:
    """Seconds from one note to the next."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()
        self._noted: dict[str, float] = {}

    def note(self, name: str) -> None:
        now = time.monotonic()
        self._noted[name] = round(now - self._last, 2)
        self._last = now

    def all(self) -> dict[str, float]:
        return self._noted | {"total_s": round(self._last - self._began, 2)}


@contextmanager
def _scratch(home: Path | None, keep: bool) -> Iterator[Path]:
    from cli.interrupt import uninterrupted
    from embedded.server import Taken

    if home is None:
        folder = Path(tempfile.mkdtemp(prefix="vigie-demo-"))
        try:
            yield folder
        finally:
            with uninterrupted():
                if not keep:
                    shutil.rmtree(folder)
        return
    if home.exists() and any(home.iterdir()):
        raise Taken(f"{home} is not empty: the demo compares a whole store, name an empty folder")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield home.resolve()


def _settings(home: Path) -> Settings:
    """Everything embedded, on free ports: nothing of the caller's own vigie is touched.

    Days pass in seconds, so a batch may wait a little longer to hold a whole quarter-hour.
    """
    from embedded.ports import free_ports

    nothing = {"kafka_url": "", "schema_registry_url": "", "clickhouse_url": ""}
    pace = {"clock": "simulated", "batch_within": 0.2}
    return load(home=home, **pace, **nothing, **free_ports())


def _compare(settings: Settings, plan: "Plan", sent: int) -> dict[str, Any]:
    from connectors.simulator.measured import measured
    from connectors.simulator.report import report
    from connectors.simulator.truth import truth
    from connectors.store.client import connect

    client = connect(settings)
    return report(client, plan, truth(plan), measured(client, plan, sent))


def _print(found: dict[str, Any], output: Shape) -> None:
    from rich.console import Console

    from cli.demo_tables import tables

    if output is Shape.json:
        print(json.dumps(found, indent=1), flush=True)  # noqa: T201
        for line in found["truth"]["differences"]:
            print(line, file=sys.stderr, flush=True)  # noqa: T201
    else:
        Console().print(tables(found))


COMMAND = Command("demo", demo)
