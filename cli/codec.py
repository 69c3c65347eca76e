"""``vigie codec``: payload codecs, in the sandbox in which workers run them."""

import json
import sys
from typing import Annotated

import typer

from cli.command import Command
from cli.load import Home, load

codec = typer.Typer(help="Payload codecs.", no_args_is_help=True)


@codec.callback()
def _group() -> None:
    """Payload codecs, in the sandbox and within the limits in which workers run them."""


@codec.command()
def run(
    batch: Annotated[
        bool, typer.Option("--batch", help="Calls as JSON lines on standard input.")
    ] = False,
    home: Home = None,
) -> None:
    """Run codecs: a JSON line in is a call, a JSON line out its result, in the same order.

    In: {"script": path, "port": 1, "bytes": "01ff", "time": "2026-01-31T12:00:00Z"}.
    Out: {"data", "warnings", "errors"}. What is wrong with a line or with a script is among the
    errors of that line alone.
    """
    from streams.codecs.batch import answers, bounded_lines, script_at
    from streams.codecs.sandbox import sandbox

    if not batch:
        raise typer.BadParameter("say --batch and give the calls on standard input")
    with sandbox(load(home=home)) as run_calls:
        for answer in answers(bounded_lines(sys.stdin.buffer), script_at, run_calls):
            print(json.dumps(answer), flush=True)  # noqa: T201


COMMAND = Command("codec", codec)
