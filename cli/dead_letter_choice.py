"""Which dead letters an operator means: the options that the commands share."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.load import Home, load

if TYPE_CHECKING:
    from streams.dead_letter_reader import DeadLetters, Letter


class Who(StrEnum):
    """Who gives up on a message."""

    decode = "decode"
    observe = "observe"
    watch = "watch"
    sink = "sink"


MOST = 10_000
_PLACE = re.compile(r"(\d{1,9})/(\d{1,18})", re.ASCII)
Reason = Annotated[str | None, typer.Option(help="Only this code, such as encrypted.")]

Stage = Annotated[Who | None, typer.Option(help="Only what this one gave up.")]
Device = Annotated[
    str | None, typer.Option(help="Only those whose key is this device, or whose message names it.")
]
Since = Annotated[str | None, typer.Option(help="Only what arrived from this RFC 3339 time on.")]
Places = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PARTITION/OFFSET]...", help="These; else all that the filters leave."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say which.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before more than one.")]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="The latest so many.")]


@dataclass(frozen=True)
class Choice:
    """Letters by their places, or by what is true of them; ``since`` in UTC microseconds.

    ``again``: those that were resolved before as well.
    """

    places: Sequence[str] | None
    matches: "Callable[[Letter], bool]"
    since: int
    limit: int
    again: bool

    def of(self, letters: "DeadLetters") -> "list[Letter]":
        """The letters chosen: by place whatever became of them, else those to be resolved.

        Raises:
            Stop: there is none at one of the places.
        """
        from streams.errors import Stop

        places = dict.fromkeys(self.places or ())
        for place in places:
            parse_place(place)

        def wanted(letter: "Letter") -> bool:
            if places:
                return letter.place in places
            return self.matches(letter) and (self.again or letter.resolution is None)

        found = letters.latest(len(places) or self.limit, wanted, self.since)
        if missing := sorted(places.keys() - {letter.place for letter in found}):
            raise Stop(f"no dead letter at {', '.join(missing)}: see `vigie dead-letters list`")
        return found


def parse_place(text: str) -> tuple[int, int]:
    """Partition and offset."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not PARTITION/OFFSET, such as 3/17")
    return int(match[1]), int(match[2])


def opened(home: Home) -> "DeadLetters":
    """The letters of a home, to be closed."""
    from cli.logs import configure
    from streams.dead_letter_reader import DeadLetters

    configure("error", plain=True)  # a call that is tried again is no news for an operator
    return DeadLetters(load(home=home))


def matching(
    reason: str | None, stage: str | None, device: str | None
) -> "Callable[[Letter], bool]":
    """What is true of the letters that the filters leave; None filters nothing."""
    return lambda letter: (
        reason in (None, letter.reason)
        and stage in (None, letter.stage)
        and (device is None or device == letter.key or device in letter.message)
    )


def parse_time(text: str | None) -> int:
    """UTC microseconds of an RFC 3339 time, 0 where none is given."""
    from connectors import rfc3339

    if text is None:
        return 0
    try:
        return rfc3339.micros(text)
    except ValueError as e:
        raise typer.BadParameter(f"--since: {e}") from e


def printable(value: object) -> str:
    """For a terminal: what came from outside may hold sequences that steer it."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
