"""``vigie up``: everything, in the foreground, until Ctrl-C."""

import sys
from typing import Annotated

import typer

from cli.command import Command
from cli.load import Home, load
from streams.settings import Settings, masked


def up(
    home: Home = None,
    port: Annotated[int | None, typer.Option(help="Of the webhook.", show_default=False)] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes.", show_default=False)
    ] = None,
) -> None:
    """Start the servers and our processes; Ctrl-C stops them, a later start finds its data.

    The first start downloads Kafka and the schema registry (200 MB); later ones need no network.
    A process that ends is restarted; after five restarts in a minute everything is stopped and
    the command fails.
    """
    from cli.interrupt import interruptible
    from cli.logs import configure
    from cli.progress import shown
    from cli.world import world
    from streams.errors import Stop

    settings = load(home=home, webhook_port=port, workers=workers)
    configure(settings.log_level, plain=True)
    with interruptible(), shown() as progress, world(settings, progress) as running:
        print(summary(settings), file=sys.stderr, flush=True)  # noqa: T201
        running.supervisor.failed.wait()
        down = [s.name for s in running.supervisor.states() if s.condition == "failed"]
    raise Stop(
        f"{', '.join(down)} failed: five restarts in a minute did not help; "
        f"read {settings.home / 'logs'} and start again"
    )


def summary(settings: Settings) -> str:
    """What to tell the operator once everything runs; nothing secret."""
    return "\n".join(
        (
            "vigie is up; Ctrl-C stops it",
            f"  uplinks          POST http://{settings.webhook_host}:{settings.webhook_port}"
            "/v1/<source>",
            f"  Kafka            {masked(settings.kafka)}",
            f"  schema registry  {masked(settings.schema_registry)}",
            f"  ClickHouse       {masked(settings.clickhouse)} (user {settings.clickhouse_user}, "
            "password in secrets/clickhouse_password of the home)",
            f"  home             {settings.home}",
        )
    )


COMMAND = Command("up", up)
