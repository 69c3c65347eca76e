"""``vigie dead-letters``: what could not be used, and why."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.command import Command
from cli.dead_letter_choice import (
    Device,
    Limit,
    Reason,
    Since,
    Stage,
    matching,
    opened,
    parse_place,
    parse_time,
    printable,
)
from cli.dead_letter_resolving import drop, retry
from cli.load import Home, Output, Shape, load

if TYPE_CHECKING:
    from streams.dead_letter_reader import Letter
    from streams.handler import Record

dead_letters = typer.Typer(help="What could not be used, and why.", no_args_is_help=True)


@dead_letters.callback()
def _group() -> None:
    """What could not be used, byte for byte, with who gave up and why."""


@dead_letters.command("list")
def list_(
    reason: Reason = None,
    stage: Stage = None,
    device: Device = None,
    since: Since = None,
    limit: Limit = 100,
    every: Annotated[bool, typer.Option("--all", help="Those retried or dropped as well.")] = False,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """The latest open dead letters in the order of their arrival, without their bytes.

    Ends with 1 when Kafka does not answer or a minute does not suffice to look through them.
    """
    matches, earliest = matching(reason, stage, device), parse_time(since)
    with opened(home) as letters:
        found = letters.latest(
            limit, lambda of: matches(of) and (every or of.resolution is None), earliest
        )
    rows = [_row(letter) for letter in found]
    if output is Shape.json:
        print(json.dumps(rows, indent=1))  # noqa: T201
        return
    from cli.tables import table

    if rows:
        table([{name: printable(value) for name, value in row.items()} for row in rows])
    else:
        print("vigie: no dead letter", file=sys.stderr)  # noqa: T201


@dead_letters.command()
def show(
    place: Annotated[
        str, typer.Argument(metavar="PARTITION/OFFSET", help="As the list has it, such as 3/17.")
    ],
    raw: Annotated[
        bool, typer.Option("--raw", help="Only the original bytes, as they are.")
    ] = False,
    body: Annotated[
        bool, typer.Option("--body", help="Only the request's body, of a letter of decode.")
    ] = False,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """One dead letter: why, where it came from, its headers and its bytes in hexadecimal.

    Ends with 1 when there is none at that place.
    """
    where = parse_place(place)
    with opened(home) as letters:
        record = letters.at(*where)
    if raw or body:
        sys.stdout.buffer.write(_body(record, home) if body else record.value or b"")
        sys.stdout.buffer.flush()
        return
    whole = _whole(record)
    if output is Shape.json:
        print(json.dumps(whole, indent=1))  # noqa: T201
        return
    from cli.tables import table

    headers = [{"field": f"header {n}", "value": v} for n, v in whole.pop("headers")]
    fields = [{"field": name, "value": value} for name, value in whole.items()]
    table([{n: printable(v) for n, v in row.items()} for row in fields[:-1] + headers])
    print(whole["value"] or "")  # noqa: T201


def _body(record: "Record", home: Home) -> bytes:
    """What the network server sent.

    Raises:
        Retry: the schema registry does not answer.
        Stop: the letter is no uplink.
    """
    from streams.errors import Skip, Stop
    from streams.schema_registry import connect

    try:
        name, uplink = connect(load(home=home)).decode(record.value)
    except Skip as why:
        raise Stop(f"this letter cannot be read as a record ({why}): take --raw") from why
    if name != "Uplink":
        raise Stop(f"this letter is a {name}, and only an Uplink has a body: take --raw")
    return bytes(uplink["body"])


def _row(letter: "Letter") -> dict[str, Any]:
    return {
        "place": f"{letter.partition}/{letter.offset}",
        "arrival": _time(letter.at),
        "stage": letter.stage,
        "reason": letter.reason,
        "topic": letter.topic,
        "read_at": letter.read_at,
        "message": letter.message,
        "retried_from": letter.retried_from or None,
        "state": letter.resolution.state if letter.resolution else "open",
        "by": letter.resolution.author if letter.resolution else None,
        "at": _time(letter.resolution.at) if letter.resolution else None,
    }


def _time(at: int) -> str | None:
    """A producer may stamp a record with any number: what is no date is shown as none."""
    from connectors import rfc3339

    try:
        return rfc3339.text(at)
    except ValueError:
        return None


def _whole(record: "Record") -> dict[str, Any]:
    """With the sender's headers; ours are told by name already. What became of the letter stands
    behind it on the topic, and only the list has read that."""
    from streams.dead_letter_reader import described
    from streams.dead_letters import PREFIX

    theirs = [(n, (v or b"").decode("utf-8", "replace")) for n, v in record.headers]
    row = _row(described(record))
    for name in ("state", "by", "at"):
        del row[name]
    return row | {
        "key": None if record.key is None else record.key.decode("utf-8", "replace"),
        "headers": [[n, v] for n, v in theirs if not n.startswith(PREFIX)],
        "value": None if record.value is None else record.value.hex(),
    }


dead_letters.command()(retry)
dead_letters.command()(drop)
COMMAND = Command("dead-letters", dead_letters)
