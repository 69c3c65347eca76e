"""``vigie uplink``: what a network server's request says, without a server."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.command import Command
from cli.load import Home, load
from cli.main import FAILED
from streams.errors import Skip

if TYPE_CHECKING:
    from connectors.normalised import Line
    from streams.inventory import Source
    from streams.settings import Settings
    from streams.uplinks import Network, Request

STDIN = "-"
uplink = typer.Typer(help="Requests of network servers.", no_args_is_help=True)


@uplink.callback()
def _group() -> None:
    """Requests of network servers, read as the webhook and the workers read them."""


@uplink.command()
def parse(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="One body each; - reads standard input.")
    ],
    network: Annotated[str, typer.Option(help="The format of the bodies, such as tts.")],
    query: Annotated[
        str | None, typer.Option(help="Of the request's URL, such as event=up; for every file.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            help="The source's declaration, YAML as in the inventory: its mapping is used, and "
            "its secret authenticates what is signed."
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:VALUE", help="Of the requests, to authenticate; repeatable."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="Arrival, RFC 3339; else the time that a signed request gives itself."),
    ] = None,
    home: Home = None,
) -> None:
    """Print the events of requests as JSON lines, in the order of the files.

    A body that is refused is a line as well: {"kind": "refused", "reason": …}. Nothing is sent,
    and without --source nothing is authenticated; with it, signatures are, and headers where some
    are given. Ends with 1 when a file could not be read.
    """
    from connectors import networks, source_file
    from streams.discover import discover
    from streams.uplinks import Network, Request

    known = discover(networks, Network)
    if network not in known:
        raise typer.BadParameter(f"--network {network!r} is none of {', '.join(sorted(known))}")
    form, asked = known[network], _parameters(query or "")
    arrival = _instant(at) if at else form.sent_at and form.sent_at(asked)
    request = Request(_headers(header or ()), asked, at=arrival or 0)
    declared = source_file.read(source, network) if source else None
    settings = load(home=home)
    unreadable = False
    for name in files:
        found, failed = _lines(form, declared, request, name, settings)
        unreadable |= failed
        for line in found:
            print(json.dumps(line))  # noqa: T201
    if unreadable:
        raise SystemExit(FAILED)


def _lines(
    network: "Network", source: "Source | None", request: "Request", name: str, settings: "Settings"
) -> tuple[list["Line"], bool]:
    """The lines of one file, and whether it could not be read."""
    from connectors.admission import admit_copy
    from connectors.normalised import lines, refused
    from connectors.secrets import secret

    try:
        body = _body(name, settings.webhook_body_max)
        if source:
            whole = replace(request, body=body)
            admit_copy(source, network, whole, lambda n: secret(settings.home, n, os.environ))
    except Skip as why:
        return [refused(why)], why.reason == "unreadable"
    return lines(network, source, body, request.query), False


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


def _body(name: str, most: int) -> bytes:
    """What the webhook would have taken of this file.

    Raises:
        Skip: ``unreadable``, ``too_large``.
    """
    try:
        if name == STDIN:
            body = sys.stdin.buffer.read(most + 1)
        else:
            with Path(name).open("rb") as file:
                body = file.read(most + 1)
    except (OSError, ValueError) as e:
        raise Skip("unreadable", str(e)) from e
    if len(body) > most:
        raise Skip("too_large", f"{name}: the webhook answers 413 to more than {most} bytes")
    return body


COMMAND = Command("uplink", uplink)
