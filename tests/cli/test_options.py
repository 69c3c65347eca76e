"""Options that commands share: one dataclass, and each command has them as its own."""

import inspect
from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from cli.options import spread


@dataclass(frozen=True)
class Where:
    """Where to look."""

    device: Annotated[str, typer.Option("--device", help="Which one.")]
    channel: Annotated[list[str] | None, typer.Option(help="Of it.")] = None


seen: list[object] = []


@spread
def look(*, first: bool = False, where: Where, depth: int = 2) -> None:
    """Look there."""
    seen.append((first, where, depth))


def run(*arguments: str) -> int:
    app = typer.Typer()
    app.command()(look)
    seen.clear()
    return CliRunner().invoke(app, arguments).exit_code


def test_a_command_is_given_the_dataclass_and_its_own_options() -> None:
    assert run("--device", "A", "--channel", "1", "--channel", "2", "--depth", "7") == 0
    assert seen == [(False, Where("A", ["1", "2"]), 7)]
    assert run("--first", "--device", "B") == 0
    assert seen == [(True, Where("B"), 2)]


def test_an_option_without_a_default_is_wanted() -> None:
    assert (run("--depth", "7"), seen) == (2, [])


def test_the_options_stand_where_the_dataclass_does() -> None:
    assert list(inspect.signature(look).parameters) == ["first", "device", "channel", "depth"]
    assert look.__doc__ == "Look there."
