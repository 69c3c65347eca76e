"""``vigie uplink``: what a network server's request says, without a server."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.command import Command
from cli.load import Home, load
from cli.main import FAILED

if TYPE_CHECKING:
    from streams.uplinks import Network

Files = Annotated[
    list[str], typer.Argument(metavar="FILE", help="One body each; - reads standard input.")
]
NetworkName = Annotated[
    str, typer.Option("--network", help="The format of the bodies, such as tts.")
]
Query = Annotated[
    str | None, typer.Option(help="Of the request's URL, such as event=up; for every file.")
]
SourceFile = Annotated[
    Path | None,
    typer.Option(
        help="The source's declaration, YAML as in the inventory: its mapping is used, and "
        "its secret authenticates what is signed."
    ),
]
Header = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME:VALUE", help="Of the requests, to authenticate; repeatable."),
]
Arrival = Annotated[
    str | None,
    typer.Option(help="Arrival, RFC 3339; else the time that a signed request gives itself."),
]

uplink = typer.Typer(help="Requests of network servers.", no_args_is_help=True)


@uplink.callback()
def _group() -> None:
    """Requests of network servers, read as the webhook and the workers read them."""


@uplink.command()
def parse(
    files: Files,
    network: NetworkName,
    query: Query = None,
    source: SourceFile = None,
    header: Header = None,
    at: Arrival = None,
    home: Home = None,
) -> None:
    """Print the events of requests as JSON lines, in the order of the files.

    A body that is refused is a line as well: {"kind": "refused", "reason": …}. Nothing is sent,
    and without --source nothing is authenticated; with it, signatures are, and headers where some
    are given. Ends with 1 when a file could not be read.
    """
    from connectors import body_file, source_file
    from streams.uplinks import Request

    form, asked = _network(network), _parameters(query or "")
    arrival = _instant(at) if at else form.sent_at and form.sent_at(asked)
    request = Request(_headers(header or ()), asked, at=arrival or 0)
    declared = source_file.read(source, network) if source else None
    settings, unreadable = load(home=home), False
    for name in files:
        found, failed = body_file.read(form, declared, request, name, settings)
        unreadable |= failed
        for line in found:
            print(json.dumps(line))  # noqa: T201
    if unreadable:
        raise SystemExit(FAILED)


def _network(name: str) -> "Network":
    from connectors import networks
    from streams.discover import discover
    from streams.uplinks import Network

    known = discover(networks, Network)
    if name not in known:
        raise typer.BadParameter(f"--network {name!r} is none of {', '.join(sorted(known))}")
    return known[name]


def _headers(given: Sequence[str]) -> dict[str, str]:
    """Names in lower case, values one character a byte, as a server has them."""
    headers = {}
    for each in given:
        name, colon, value = each.partition(":")
        if not colon:
            raise typer.BadParameter(f"--header {name!r}: NAME:VALUE is expected")
        headers[name.strip().lower()] = value.strip().encode().decode("latin-1")
    return headers


def _instant(text: str) -> int:
    from connectors import rfc3339

    try:
        return rfc3339.micros(text)
    except ValueError as e:
        raise typer.BadParameter(f"--at: {e}") from e


def _parameters(query: str) -> dict[str, str]:
    from urllib.parse import parse_qsl

    try:
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=100)
    except ValueError as e:
        raise typer.BadParameter(f"--query: {e}") from e
    return dict(pairs)


COMMAND = Command("uplink", uplink)
