"""``vigie registry``: what is declared."""

import getpass
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.command import Command
from cli.load import Home, Output, Shape, load

if TYPE_CHECKING:
    from connectors.inventory.proposal import Proposal
    from streams.settings import Settings

DIFFERENT = 3
registry = typer.Typer(no_args_is_help=True, help="What is declared: sources, devices, profiles.")

Folder = Annotated[
    Path, typer.Argument(help="Inventory: YAML, CSV and GeoJSON files, codecs beside them.")
]
Prune = Annotated[
    bool, typer.Option("--prune", help="Remove what is declared and not in the folder.")
]


@registry.command()
def apply(
    folder: Folder,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    prune: Prune = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show; change nothing.")] = False,
    home: Home = None,
) -> None:
    """Declare an inventory: show what changes, ask, and do it wholly or not at all.

    Values that are older than the live horizon are judged again by the batch: the days for that
    become pending. Workers follow at once with what is younger.
    """
    from connectors.inventory.apply import declare, pending
    from connectors.inventory.proposal import summary

    settings = load(home=home)
    proposal = _proposal(settings, folder, prune)
    _print(proposal)
    if not proposal.changes:
        _say("nothing to declare: it is all declared as it stands in the folder")
        return
    days = pending(settings, proposal, _now())
    _say(summary(proposal, days))
    if dry_run or not _agreed(yes):
        _say("nothing was changed")
        return
    declare(settings, proposal, days, _now(), _author())
    _say(f"declared {len(proposal.changes)} changes of {folder}")


@registry.command()
def diff(
    folder: Folder, prune: Prune = False, output: Output = Shape.table, home: Home = None
) -> None:
    """What applying an inventory would change, field by field; ends with 3 if anything."""
    from connectors.inventory.proposal import document

    proposal = _proposal(load(home=home), folder, prune)
    if output is Shape.json:
        _data(document(proposal))
    else:
        _print(proposal)
    if proposal.changes:
        raise typer.Exit(DIFFERENT)


@registry.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")],
    home: Home = None,
) -> None:
    """Write what is declared as an inventory that applies without a difference."""
    from connectors.inventory.export import write
    from streams.declare import registered
    from streams.schema_registry import connect

    settings = load(home=home)
    count = write(folder, registered(settings, connect(settings)))
    _say(f"wrote {count} files into {folder}")


@registry.command()
def show(
    name: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DEVICE | KIND ID]", help="A device's timeline, or one object."),
    ] = None,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """How much of each kind is declared, the timeline of a device, or one object."""
    from connectors.inventory import known

    settings, asked = load(home=home), tuple(name or ())
    if len(asked) > 2:
        raise typer.BadParameter("a device, or a kind and an id")
    if len(asked) == 2:
        declared = known.one(settings, *asked)
        _data(declared) if output is Shape.json else print(known.yaml(declared), end="")  # noqa: T201
        return
    rows = known.life(settings, asked[0], _say) if asked else known.counts(settings)
    if output is Shape.json:
        _data(rows)
        return
    from cli.tables import table

    table(rows)


def _proposal(settings: "Settings", folder: Path, prune: bool) -> "Proposal":
    from connectors.inventory.apply import proposed
    from connectors.inventory.folder import load as load_folder

    return proposed(settings, load_folder(folder), prune=prune)


def _agreed(yes: bool) -> bool:
    """Whether to go on; without a terminal nobody can be asked.

    Raises:
        Stop: there is neither a terminal nor --yes.
    """
    from streams.errors import Stop

    if yes:
        return True
    if not sys.stdin.isatty():
        raise Stop("nothing was changed: there is no terminal to ask on; look, and give --yes")
    return typer.confirm("Apply?", default=False, err=True)


def _author() -> str:
    """Who is at work; in a container the user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _print(proposal: "Proposal") -> None:
    from connectors.inventory.proposal import text

    for line in text(proposal):
        print(line)  # noqa: T201


def _data(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))  # noqa: T201


def _say(text: str) -> None:
    print(f"vigie: {text}", file=sys.stderr)  # noqa: T201


def _now() -> int:
    return time.time_ns() // 1000


COMMAND = Command("registry", registry)
