"""A request's body from a file, and what the webhook and the workers would read in it."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from connectors.admission import admit_copy
from connectors.normalised import Line, lines, refused
from connectors.secrets import secret
from streams.errors import Skip
from streams.inventory import Source
from streams.settings import Settings
from streams.uplinks import Network, Request

STDIN = "-"


def read(
    network: Network, source: Source | None, request: Request, name: str, settings: Settings
) -> tuple[list[Line], bool]:
    """The lines of one file, and whether it could not be read; ``-`` is standard input.

    With a source, what a network server signed is authenticated, and headers where there are some.
    """
    try:
        body = _body(name, settings.webhook_body_max)
        if source:
            whole = replace(request, body=body)
            admit_copy(source, network, whole, lambda n: secret(settings.home, n, os.environ))
    except Skip as why:
        return [refused(why)], why.reason == "unreadable"
    return lines(network, source, body, request.query), False


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
