"""What a file of this folder exports to become a command."""

from collections.abc import Callable
from dataclasses import dataclass

import typer


@dataclass(frozen=True)
class Command:
    """``run`` is a function, its docstring the help, or a group of functions.

    A command's file imports nothing heavy at its head: every start of ``vigie`` reads them all.
    """

    name: str
    run: Callable[..., None] | typer.Typer
