"""``vigie``: the operator's hand. Data goes to stdout, everything else to stderr."""

import sys
from typing import Any

import typer

import cli
from cli.command import Command
from streams.discover import discover

FAILED = 1
PRECONDITION = 5
INTERRUPTED = 130


def build() -> typer.Typer:
    """The application: one command for each :class:`Command` in a file of this folder."""
    root = typer.Typer(
        name="vigie",
        help="A city's sensors turned into data that people can trust.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for name, command in sorted(discover(cli, Command).items()):
        if isinstance(command.run, typer.Typer):
            root.add_typer(command.run, name=name, no_args_is_help=True)
        else:
            root.command(name)(command.run)
    return root


def app(*arguments: Any) -> None:
    """Run the command line; ends the process with the exit code.

    0 done, 1 failed, 2 usage, 5 something must be put right first, 130 interrupted.
    """
    from cli.logs import configure
    from embedded.server import Taken
    from streams.errors import Retry, Stop

    configure("warning", plain=True)
    try:
        build()(*arguments)
    except (Stop, Retry) as e:
        print(f"vigie: {e}", file=sys.stderr)  # noqa: T201
        raise SystemExit(PRECONDITION if isinstance(e, Taken) else FAILED) from e
    except KeyboardInterrupt as e:
        raise SystemExit(INTERRUPTED) from e
