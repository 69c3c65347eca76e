"""``vigie dead-letters``: what could not be used, and why."""

import json
import re
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.command import Command
from cli.load import Home, Output, Shape, load

if TYPE_CHECKING:
    from streams.dead_letter_reader import DeadLetters, Letter
    from streams.handler import Record

MOST = 10_000
_PLACE = re.compile(r"(\d{1,9})/(\d{1,18})", re.ASCII)
dead_letters = typer.Typer(help="What could not be used, and why.", no_args_is_help=True)


@dead_letters.callback()
def _group() -> None:
    """What could not be used, byte for byte, with who gave up and why."""


@dead_letters.command("list")
def list_(
    reason: Annotated[str | None, typer.Option(help="Only this code, such as encrypted.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only of decode, observe or sink.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only what arrived from this RFC 3339 time on.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="The latest so many.")] = 100,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """The latest dead letters in the order of their arrival, without their bytes.

    Ends with 1 when Kafka does not answer or a minute does not suffice to look through them.
    """
    earliest = _since(since) if since else 0

    def wanted(letter: "Letter") -> bool:
        return reason in (None, letter.reason) and stage in (None, letter.stage)

    with _opened(home) as letters:
        rows = [_row(letter) for letter in letters.latest(limit, wanted, earliest)]
    if output is Shape.json:
        print(json.dumps(rows, indent=1))  # noqa: T201
        return
    from cli.tables import table

    if rows:
        table([{name: _printable(value) for name, value in row.items()} for row in rows])
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
    match = _PLACE.fullmatch(place)
    if match is None:
        raise typer.BadParameter(f"{place!r} is not PARTITION/OFFSET, such as 3/17")
    with _opened(home) as letters:
        record = letters.at(int(match[1]), int(match[2]))
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
    table([{n: _printable(v) for n, v in row.items()} for row in fields[:-1] + headers])
    print(whole["value"] or "")  # noqa: T201


def _opened(home: Home) -> "DeadLetters":
    from cli.logs import configure
    from streams.dead_letter_reader import DeadLetters

    configure("error", plain=True)  # a call that is tried again is no news for an operator
    return DeadLetters(load(home=home))


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


def _since(text: str) -> int:
    from connectors import rfc3339

    try:
        return rfc3339.micros(text)
    except ValueError as e:
        raise typer.BadParameter(f"--since: {e}") from e


def _row(letter: "Letter") -> dict[str, Any]:
    return {
        "place": f"{letter.partition}/{letter.offset}",
        "arrival": _time(letter.at),
        "stage": letter.stage,
        "reason": letter.reason,
        "topic": letter.topic,
        "read_at": letter.read_at,
        "message": letter.message,
    }


def _time(at: int) -> str | None:
    """A producer may stamp a record with any number: what is no date is shown as none."""
    from connectors import rfc3339

    try:
        return rfc3339.text(at)
    except ValueError:
        return None


def _whole(record: "Record") -> dict[str, Any]:
    """With the sender's headers; ours are told by name already."""
    from streams.dead_letter_reader import described
    from streams.dead_letters import PREFIX

    theirs = [(n, (v or b"").decode("utf-8", "replace")) for n, v in record.headers]
    return _row(described(record)) | {
        "key": None if record.key is None else record.key.decode("utf-8", "replace"),
        "headers": [[n, v] for n, v in theirs if not n.startswith(PREFIX)],
        "value": None if record.value is None else record.value.hex(),
    }


def _printable(value: object) -> str:
    """For a terminal: what came from outside may hold sequences that steer it."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


COMMAND = Command("dead-letters", dead_letters)
