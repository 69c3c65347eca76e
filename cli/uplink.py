"""``vigie uplink``: what a network server's request says, without a server."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.command import Command
from cli.load import Home, load
from cli.main import FAILED
from streams.errors import Skip

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
    home: Home = None,
) -> None:
    """Print the events of requests as JSON lines, in the order of the files.

    A body that is refused is a line as well: {"kind": "refused", "reason": …}. Nothing is
    authenticated and nothing is sent. Ends with 1 when a file could not be read.
    """
    from connectors import networks
    from connectors.normalised import lines, refused
    from streams.discover import discover
    from streams.uplinks import Network

    known = discover(networks, Network)
    if network not in known:
        raise typer.BadParameter(f"--network {network!r} is none of {', '.join(sorted(known))}")
    asked = _parameters(query or "")
    most = load(home=home).webhook_body_max
    unreadable = False
    for name in files:
        try:
            found = lines(known[network], None, _body(name, most), asked)
        except Skip as why:
            found = [refused(why)]
            unreadable |= why.reason == "unreadable"
        for line in found:
            print(json.dumps(line))  # noqa: T201
    if unreadable:
        raise SystemExit(FAILED)


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
