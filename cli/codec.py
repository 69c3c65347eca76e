"""``vigie codec``: payload codecs, in the sandbox in which workers run them."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.command import Command
from cli.load import Home, load
from cli.main import FAILED

codec = typer.Typer(help="Payload codecs.", no_args_is_help=True)


@codec.callback()
def _group() -> None:
    """Payload codecs, in the sandbox and within the limits in which workers run them."""


@codec.command()
def run(
    script: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A TS013 script in JavaScript.")
    ] = None,
    payload: Annotated[
        str | None, typer.Option("--bytes", metavar="HEX", help="The payload of one frame.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=255, help="Its FPort.")] = None,
    time: Annotated[
        datetime | None, typer.Option(help="When it was received, UTC; now if not given.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="A YAML file of the inventory that declares the codec.")
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Calls as JSON lines on standard input.")
    ] = False,
    home: Home = None,
) -> None:
    """Run a codec on one frame, or on many.

    One: prints the codec's data, warnings and errors as JSON, and with --mapping the measures
    that its mapping makes of them. Ends with 1 when there are errors.

    --batch: a JSON line in is a call, a JSON line out its result, in the same order.
    In: {"script": path, "port": 1, "bytes": "01ff", "time": "2026-01-31T12:00:00Z"}.
    Out: {"data", "warnings", "errors"}. What is wrong with a line or with a script is among the
    errors of that line alone.
    """
    from streams.codecs.batch import answers, bounded_lines, script_at
    from streams.codecs.sandbox import sandbox

    if batch:
        with sandbox(load(home=home)) as run_calls:
            for answer in answers(bounded_lines(sys.stdin.buffer), script_at, run_calls):
                print(json.dumps(answer), flush=True)  # noqa: T201
        return
    if payload is None or (script is None and mapping is None):
        raise typer.BadParameter("give FILE or --mapping, and --bytes; or --batch")
    told = _tried(script, mapping, (port, _bytes(payload), _micros(time)), home)
    print(json.dumps(told, indent=2, ensure_ascii=False))  # noqa: T201
    if told["errors"]:
        raise SystemExit(FAILED)


def _tried(
    script: str | None,
    mapping: Path | None,
    frame: tuple[int | None, bytes, int],
    home: Path | None,
) -> dict[str, Any]:
    from connectors.codec_file import codec_of
    from streams.codecs.batch import answer, script_at
    from streams.codecs.call import Call
    from streams.codecs.sandbox import sandbox
    from streams.codecs.trial import mapped
    from streams.errors import Skip, Stop

    try:
        text = script_at(script) if script else None
    except Skip as why:
        raise Stop(str(why)) from why
    declared = codec_of(mapping, text) if mapping else None
    call = Call(text or "", *frame)
    if declared:
        if declared[0].decoded:
            raise Stop(
                f"{mapping}: the network server decodes for {declared[0].id}: nothing to run"
            )
        call = Call(declared[0].script, *frame, declared[0].python)
    with sandbox(load(home=home)) as run_calls:
        (outcome,) = run_calls([call])
    return mapped(call, outcome, *declared) if declared else answer(outcome)


def _bytes(payload: str) -> bytes:
    try:
        return bytes.fromhex(payload)
    except ValueError as e:
        raise typer.BadParameter(f"--bytes: {e}") from e


def _micros(time: datetime | None) -> int:
    from streams.inventory import micros

    return micros((time or datetime.now(UTC)).replace(tzinfo=UTC))


COMMAND = Command("codec", codec)
