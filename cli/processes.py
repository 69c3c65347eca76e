"""Our own processes, as the supervisor must know them."""

import sys
from functools import partial

from embedded.server import Server, environment, listens
from streams.settings import Settings


def ours(settings: Settings) -> list[Server]:
    """What runs behind the servers, in the order of the data's way."""
    workers = [
        _server(settings, f"worker-{n}", "worker", metrics=n, worker_name=str(n))
        for n in range(1, settings.workers + 1)
    ]
    return [
        _server(settings, "sink"),
        *workers,
        _server(settings, "scheduler", metrics=settings.workers + 1),
        _server(settings, "intake", metrics=settings.workers + 2),
        _server(settings, "notifier", metrics=settings.workers + 3),
        _webhook(settings),
    ]


def gateway(settings: Settings) -> Server:
    """chDB behind ClickHouse's HTTP interface."""
    return Server(
        name="gateway",
        command=_run("gateway"),
        environment=environment(settings, metrics_port="0"),
        ready=partial(_pings, settings),
        host=settings.host,
        ports={"clickhouse_port": settings.clickhouse_port},
        patience=120.0,
        grace=30.0,
    )


def _webhook(settings: Settings) -> Server:
    return Server(
        name="webhook",
        command=_run("webhook"),
        environment=environment(settings, metrics_port="0"),
        ready=partial(listens, settings.webhook_host, settings.webhook_port),
        host=settings.webhook_host,
        ports={"webhook_port": settings.webhook_port},
    )


def _server(
    settings: Settings, name: str, what: str = "", metrics: int = 0, **other: str
) -> Server:
    """``metrics`` is how far its port for metrics lies after the setting's, which is the first."""
    port = settings.metrics_port and settings.metrics_port + metrics
    return Server(
        name=name,
        command=_run(what or name),
        environment=environment(settings, metrics_port=str(port), **other),
        host=settings.host,
        ports={"metrics_port": port} if port else {},
    )


def _run(what: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "cli", "run", what)


def _pings(settings: Settings) -> bool:
    import httpx

    try:
        return httpx.get(f"{settings.clickhouse}/ping", timeout=2.0).is_success
    except httpx.HTTPError:
        return False
