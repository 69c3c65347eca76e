"""``vigie registry``: what is declared."""

import getpass
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from cli.command import Command
from cli.load import Home, load

registry = typer.Typer(no_args_is_help=True, help="What is declared: sources, devices, profiles.")


@registry.callback()
def _group() -> None:
    """A group even with one command."""


@registry.command()
def apply(
    folder: Annotated[Path, typer.Argument(help="Inventory: YAML files, codecs beside them.")],
    home: Home = None,
) -> None:
    """Declare every object of an inventory; the workers follow at once.

    Nothing is declared unless all of it can be used. Declaring the same again changes nothing.
    """
    from streams.declare import declare, load_inventory
    from streams.errors import Stop
    from streams.schema_registry import connect

    settings = load(home=home)
    objects = load_inventory(folder)
    if not objects:
        raise Stop(f"{folder}: no object in any *.yaml; is it the folder of the inventory?")
    declare(settings, connect(settings), objects, time.time_ns() // 1000, getpass.getuser())
    print(f"declared {len(objects)} objects of {folder}", file=sys.stderr)  # noqa: T201


COMMAND = Command("registry", registry)
