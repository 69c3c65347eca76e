"""``vigie dead-letters retry`` and ``drop``."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.dead_letter_choice import (
    MOST,
    Choice,
    Device,
    DryRun,
    Limit,
    Places,
    Reason,
    Since,
    Stage,
    Yes,
    matching,
    opened,
    parse_time,
    printable,
)
from cli.load import Home, Output, Shape, load

if TYPE_CHECKING:
    from streams.dead_letter_reader import Letter
    from streams.resolutions import State


def retry(
    places: Places = None,
    reason: Reason = None,
    stage: Stage = None,
    device: Device = None,
    since: Since = None,
    limit: Limit = MOST,
    again: Annotated[
        bool, typer.Option("--again", help="Also those retried or dropped before.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """Send dead letters again to where they failed, after the cause has been mended.

    Key, value, headers and partition are those of the message as it was; what is absorbed
    already counts once. A letter that fails again is a new one that names this one. Ends with 1
    where one of them could not be sent.
    """
    chosen = Choice(places, matching(reason, stage, device), parse_time(since), limit, again)
    _resolve("retried", chosen, dry_run, yes, output, home)


def drop(
    places: Places = None,
    reason: Reason = None,
    stage: Stage = None,
    device: Device = None,
    since: Since = None,
    limit: Limit = MOST,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """Take dead letters off the list; their bytes stay until the topic's 90 days are over."""
    chosen = Choice(places, matching(reason, stage, device), parse_time(since), limit, False)
    _resolve("dropped", chosen, dry_run, yes, output, home)


def _resolve(
    state: "State", chosen: Choice, dry_run: bool, yes: bool, output: Shape, home: Home
) -> None:
    import getpass
    import time

    from streams.dead_letter_retry import resolve

    settings = load(home=home)
    with opened(home) as letters:
        found = chosen.of(letters)
        todo = [of for of in found if chosen.again or of.resolution is None]
        rows = [_outcome(of, f"already {of.resolution.state}") for of in found if of.resolution]
        rows = [row for row in rows if not chosen.again]
        if dry_run:
            rows += [_outcome(of, f"would be {state}") for of in todo]
        elif todo and (yes or len(todo) == 1 or _confirmed(len(todo), state)):
            at = time.time_ns() // 1000
            done = resolve(settings, todo, state, letters.at, getpass.getuser(), at)
            rows += [_outcome(of, f"left: {why}" if why else state) for of, why in done]
    _tell(rows, output)


def _confirmed(count: int, state: str) -> bool:
    """Whether an operator says yes.

    Raises:
        Stop: nobody can be asked.
    """
    from streams.errors import Stop

    if not sys.stdin.isatty():
        raise Stop(f"{count} letters would be {state}: say --yes, or look first with --dry-run")
    return typer.confirm(f"{count} letters will be {state}. Go on?", err=True)


def _outcome(letter: "Letter", outcome: str) -> dict[str, Any]:
    return {
        "place": letter.place,
        "stage": letter.stage,
        "reason": letter.reason,
        "topic": letter.topic,
        "outcome": outcome,
    }


def _tell(rows: list[dict[str, Any]], output: Shape) -> None:
    if output is Shape.json:
        print(json.dumps(rows, indent=1))  # noqa: T201
    elif rows:
        from cli.tables import table

        table([{name: printable(value) for name, value in row.items()} for row in rows])
    else:
        print("vigie: nothing was done", file=sys.stderr)  # noqa: T201
    if any(row["outcome"].startswith("left") for row in rows):
        raise typer.Exit(1)
