"""``vigie replay``: uplinks of a period once more through the live way."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.command import Command
from cli.load import Home, Output, Shape, load
from cli.options import spread
from streams.duration import HOUR

if TYPE_CHECKING:
    from cli.replaying.world import Asked
    from connectors.replay.compare import Comparison
    from connectors.replay.plan import Plan

DIFFERENT = 3
replay = typer.Typer(
    no_args_is_help=True, help="Uplinks of a period once more: into vigie, or beside it."
)

Since = Annotated[str, typer.Option("--from", help="RFC 3339: uplinks that arrived from then on.")]
Until = Annotated[str, typer.Option("--to", help="RFC 3339: and before then.")]
Side = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Into a world beside the live one; else into the live one."),
]
Inventory = Annotated[
    Path | None,
    typer.Option(
        help="A folder that is applied in the side world, on top of what is declared live."
    ),
]
Speed = Annotated[str, typer.Option(help="Times faster than it was, or max.")]
Margin = Annotated[
    float,
    typer.Option(min=0, max=24 * 31, help="Hours before and after that go through a side world."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of a side world.")]


@dataclass(frozen=True)
class Replayed:
    """Which uplinks go where, and how fast."""

    since: Since
    until: Until
    side: Side = None
    inventory: Inventory = None
    speed: Speed = "max"
    margin: Margin = 24

    def asked(self, home: Path | None) -> "Asked":
        """The options as one question.

        Raises:
            BadParameter: one contradicts another, or says nothing.
        """
        from cli.replaying.world import Asked
        from connectors.replay import pace

        if self.inventory and self.side is None:
            raise typer.BadParameter("--inventory is for a side world: name one with --side")
        try:
            factor = pace.speed(self.speed)
        except ValueError as e:
            said = f"--speed {self.speed!r}: a number, or {pace.FASTEST}"
            raise typer.BadParameter(said) from e
        span = _instant(self.since) or 0, _instant(self.until) or 0
        micros = 0 if self.side is None else round(self.margin * HOUR)
        return Asked(load(home=home), *span, micros, factor, self.side, self.inventory)


@replay.callback()
def _group() -> None:
    """Send the uplinks of a period through the live way once more.

    Inside the live horizon they may go into vigie itself, after an outage: frames that are known
    already change nothing. Anything older goes into a side world, with topics, groups and a
    database of its own, to try a change beside the truth.
    """


@replay.command()
@spread
def plan(what: Replayed, output: Output = Shape.table, home: Home = None) -> None:
    """What a replay would send and how long it would take; nothing is sent."""
    _plan(what.asked(home), output)


@replay.command()
@spread
def run(
    what: Replayed,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else only the plan is shown.")] = False,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """Replay: without --yes only the plan is shown.

    vigie must be running. Interrupted, the same command goes on where it was. A side world has a
    worker and a sink of its own as long as this runs, and notifies nobody; afterwards it can be
    compared and dropped. Into the live world only what is younger than the live horizon goes.
    """
    from cli.interrupt import interruptible
    from cli.logs import configure
    from cli.progress import shown
    from cli.replaying.beside import into_side
    from cli.replaying.world import into_live

    asked = what.asked(home)
    found = _plan(asked, output)
    if not yes:
        _said("nothing was sent: say --yes to do it")
        return
    with interruptible(), shown() as progress:
        configure("error", plain=True)
        if asked.side is None:
            known, now = into_live(asked, found, progress)
            _said(f"{found.uplinks} uplinks were sent: {now - known} new frames, {known} known")
        else:
            into_side(asked, found, progress)
            _said(f"done: `vigie replay compare {asked.side}` shows what is different")


@replay.command()
def compare(
    name: Name,
    since: Annotated[
        str | None, typer.Option("--from", help="RFC 3339; else the period of the replay.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="RFC 3339.")] = None,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """What is different in a side world: values, flags, windows, alerts; ends with 3 if anything.

    Only what was observed in the period is compared, not the margin around it.
    """
    from cli.replaying.world import compared

    found = compared(load(home=home), name, _instant(since), _instant(until))
    if output is Shape.json:
        print(json.dumps(_document(found), indent=1, default=str))  # noqa: T201
    else:
        _print(found)
    if not found.equal:
        raise typer.Exit(DIFFERENT)


@replay.command(name="list")
def list_(output: Output = Shape.table, home: Home = None) -> None:
    """The side worlds, and how far their replay is."""
    from cli.tables import table
    from connectors.replay.side import sides
    from connectors.rfc3339 import text

    rows: list[dict[str, Any]] = []
    for name, position in sides(load(home=home)):
        told: dict[str, Any] = {"name": name, "state": position.state if position else "unknown"}
        if position:
            told |= {"from": text(position.period.since), "to": text(position.period.until)}
            told |= {"sent": position.sent, "uplinks": position.uplinks}
        rows.append(told)
    if output is Shape.json:
        print(json.dumps(rows, indent=1))  # noqa: T201
    else:
        table(rows)


@replay.command()
def drop(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Remove a side world: its topics, groups, database and folder. The live world stays."""
    from cli.replaying.world import dropped

    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Remove {name}?", err=True)):
        _said("nothing was removed: say --yes")
        return
    dropped(load(home=home), name)
    _said(f"{name} is removed")


def _instant(text: str | None) -> int | None:
    from connectors import rfc3339

    try:
        return None if text is None else rfc3339.micros(text)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e


def _plan(asked: "Asked", output: Shape) -> "Plan":
    from cli.progress import shown
    from cli.replaying.world import planned

    with shown() as progress:
        found = planned(asked, progress)
    if output is Shape.json:
        print(json.dumps(found.document(), indent=1), flush=True)  # noqa: T201
        return found
    from cli.tables import table

    told = found.document()
    span = told.pop("period")
    rows = told | {"from": span["since"], "to": span["until"]}
    rows |= {"first": span["first"], "end": span["end"]}
    table([{"what": name, "value": value} for name, value in rows.items()])
    return found


def _document(found: "Comparison") -> dict[str, Any]:
    return {"equal": found.equal, "totals": found.totals(), "different": found.different()}


def _print(found: "Comparison") -> None:
    from cli.tables import table

    for name, totals in found.totals().items():
        if totals:
            table([totals], title=name)
    for name, rows in found.different().items():
        if rows:
            table(rows, title=f"{name} that differ")
    _said("the two worlds say the same" if found.equal else "the two worlds differ")


def _said(step: str) -> None:
    print(f"vigie: {step}", file=sys.stderr, flush=True)  # noqa: T201


COMMAND = Command("replay", replay)
