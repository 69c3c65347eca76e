"""``vigie run``: one process in the foreground, as compose and the supervisor start it."""

import os
from collections.abc import Callable
from typing import Annotated

import structlog
import typer

from cli.command import Command
from cli.load import Home, read, unknown
from streams.errors import Stop
from streams.settings import Settings


def _webhook(settings: Settings) -> None:
    from connectors.webhook import server

    server.main(settings)


def _worker(settings: Settings) -> None:
    from connectors import networks
    from streams import agents
    from streams.discover import discover
    from streams.uplinks import Network

    agents.main(settings, networks=discover(networks, Network))


def _sink(settings: Settings) -> None:
    from connectors.store import sink

    sink.main(settings)


def _scheduler(settings: Settings) -> None:
    import time

    from connectors import networks
    from connectors.reprocess import settlement
    from streams import ticks
    from streams.discover import discover
    from streams.uplinks import Network

    found = discover(networks, Network)
    ticks.main(
        settings,
        lambda stop: settlement.keep(settings, found, stop, lambda: time.time_ns() // 1000),
    )


def _intake(settings: Settings) -> None:
    from connectors import intake

    intake.main(settings)


def _notifier(settings: Settings) -> None:
    from connectors import notify

    notify.main(settings)


def _gateway(settings: Settings) -> None:
    from embedded import clickhouse

    clickhouse.main(settings)


def _kafka(settings: Settings) -> None:
    from embedded.kafka import kafka
    from embedded.process import become
    from embedded.progress import silent

    become(kafka(settings, silent))


def _schema_registry(settings: Settings) -> None:
    from embedded.process import become
    from embedded.progress import silent
    from embedded.schema_registry import schema_registry

    become(schema_registry(settings, silent))


def _bootstrap(settings: Settings) -> None:
    from cli.world import bootstrap

    bootstrap(settings)


PROCESSES: dict[str, Callable[[Settings], None]] = {
    "webhook": _webhook,
    "worker": _worker,
    "sink": _sink,
    "scheduler": _scheduler,
    "intake": _intake,
    "notifier": _notifier,
    "gateway": _gateway,
    "kafka": _kafka,
    "schema-registry": _schema_registry,
    "bootstrap": _bootstrap,
}


def run(
    process: Annotated[str, typer.Argument(help=f"One of {', '.join(PROCESSES)}.")],
    home: Home = None,
    name: Annotated[
        str | None,
        typer.Option(help="Of a worker, unique among workers; kept over restarts."),
    ] = None,
) -> None:
    """Run one process in the foreground until SIGTERM or Ctrl-C; logs are JSON on stderr.

    This is what compose and the supervisor start. `bootstrap` makes topics, schemas and
    migrations and ends.
    """
    from cli.logs import configure

    if process not in PROCESSES:
        raise typer.BadParameter(f"{process!r} is none of {', '.join(PROCESSES)}")
    settings = read(home=home, worker_name=name)
    configure(settings.log_level)
    for said in unknown(os.environ):
        structlog.get_logger().warning(said)
    _serve_metrics(settings)
    PROCESSES[process](settings)


def _serve_metrics(settings: Settings) -> None:
    if not settings.metrics_port:
        return
    from prometheus_client import start_http_server

    try:
        start_http_server(settings.metrics_port, addr=settings.host)
    except OSError as e:
        raise Stop(
            f"metrics cannot be served on {settings.host}:{settings.metrics_port} "
            f"({e.strerror}): end the process that has the port, or set VIGIE_METRICS_PORT to "
            "a free one, 0 for none"
        ) from e


COMMAND = Command("run", run)
