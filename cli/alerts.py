"""``vigie alerts``: what an operator should see."""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.command import Command
from cli.load import Home, Output, Shape, load

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

MOST = 10_000
WEEK = 7
_FAR = datetime(2200, 1, 1, tzinfo=UTC)
alerts = typer.Typer(no_args_is_help=True, help="What an operator should see: alerts.")


@alerts.command("list")
def list_(
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are open.")] = False,
    device: Annotated[str | None, typer.Option(help="Only those that cover this device.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Those open at or after this RFC 3339 time; else of the last week."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 100,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """Alerts: open ones first, the worst before others, then the latest.

    Ends with 1 when the store does not answer.
    """
    bound = {"since": _since(since), "until": _FAR, "open": only_open}
    rows = _asked(home, "alerts", **bound, device=device or "", limit=limit)
    if output is Shape.json:
        print(json.dumps(rows, indent=1))  # noqa: T201
    elif rows:
        _print([_short(row) for row in rows])
    else:
        print("vigie: no alert", file=sys.stderr)  # noqa: T201


@alerts.command()
def show(
    alert: Annotated[str, typer.Argument(metavar="ID", help="Its id, or how it begins.")],
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """One alert: what happened to it, in order, and the devices that it covers.

    Ends with 1 when there is none, or several begin so.
    """
    from streams.errors import Stop

    told = _asked(home, "alert_transitions", alert_id=alert.lower(), limit=MOST)
    found = {row["alert_id"] for row in told}
    if len(found) != 1:
        raise Stop(f"{len(found) or 'no'} alerts have an id that begins with {alert!r}: see list")
    if output is Shape.json:
        print(json.dumps(told, indent=1))  # noqa: T201
        return
    last = told[-1]
    about = ("alert_id", "rule", "subject_kind", "subject", "property", "channel", "opened_at")
    _print([{"field": name, "value": last[name]} for name in about])
    steps = ("transition", "updated_at", "closed_at", "level", "silenced", "reason")
    _print([{name: row[name] for name in steps} for row in told])
    _print([{"device": name} for name in last["devices"]])


def _since(text: str | None) -> datetime:
    from connectors import rfc3339

    if text is None:
        return datetime.now(UTC) - timedelta(days=WEEK)
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=rfc3339.micros(text))
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e


def _asked(home: Home, query: str, **bound: Any) -> list[dict[str, Any]]:
    """The rows of a query of the catalogue, times in RFC 3339."""
    from connectors.store.client import connect
    from connectors.store.queries import ask

    client: Client = connect(load(home=home))
    try:
        return [{n: _plain(v) for n, v in row.items()} for row in ask(client, query, **bound)]
    finally:
        client.close()


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _short(row: dict[str, Any]) -> dict[str, Any]:
    names = ("level", "rule", "subject", "property", "opened_at", "closed_at", "silenced", "reason")
    shown = {name: row[name] for name in names}
    return {"id": row["alert_id"][:8], **shown, "devices": len(row["devices"])}


def _print(rows: list[dict[str, Any]]) -> None:
    from cli.dead_letter_choice import printable
    from cli.tables import table

    table([{n: None if v is None else printable(str(v)) for n, v in row.items()} for row in rows])


COMMAND = Command("alerts", alerts)
