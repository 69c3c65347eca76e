"""``vigie run``: one process in the foreground, as compose and the supervisor start it."""

from collections.abc import Callable
from typing import Annotated

import typer

from cli.command import Command
from streams.settings import Settings


def _webhook(settings: Settings) -> None:
    from connectors import webhook

    webhook.main(settings)


def _worker(settings: Settings) -> None:
    from connectors import networks
    from connectors.networks import Network
    from streams import agents
    from streams.discover import discover

    agents.main(settings, networks=discover(networks, Network))


def _sink(settings: Settings) -> None:
    from connectors.store import sink

    sink.main(settings)


def _scheduler(settings: Settings) -> None:
    from streams import ticks

    ticks.main(settings)


def _gateway(settings: Settings) -> None:
    from embedded import clickhouse

    clickhouse.main(settings)


PROCESSES: dict[str, Callable[[Settings], None]] = {
    "webhook": _webhook,
    "worker": _worker,
    "sink": _sink,
    "scheduler": _scheduler,
    "gateway": _gateway,
}


def run(
    process: Annotated[str, typer.Argument(help=f"One of {', '.join(PROCESSES)}.")],
    name: Annotated[
        str, typer.Option(help="Static member id of a worker; unique among workers.")
    ] = "",
) -> None:
    """Run one process in the foreground until it is told to stop."""
    from embedded.home import with_password

    if process not in PROCESSES:
        raise typer.BadParameter(f"{process!r} is none of {', '.join(PROCESSES)}")
    settings = Settings(worker_name=name) if name else Settings()
    PROCESSES[process](with_password(settings))


COMMAND = Command("run", run)
