"""Many codec calls as lines of JSON: an answer a line, in order, whatever the line was.

Sources: LoRa Alliance TS013-1.0.0 "Payload Codec API" (what goes in and what comes out);
RFC 3339 (the time of a line).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from streams.codecs.call import Call, Outcome
from streams.errors import Skip
from streams.inventory import micros

LINE_MAX = 1 << 20
SCRIPT_MAX = 1 << 20
"""Bytes."""

Runner = Callable[[Sequence[Call]], Sequence[Outcome]]


class Line(BaseModel):
    """One call: the path of a script, an FPort, the bytes in hexadecimal, the time received."""

    model_config = ConfigDict(strict=True, frozen=True, val_json_bytes="hex")

    script: str = Field(min_length=1)
    port: int | None = Field(None, ge=0, le=255)
    payload: bytes = Field(alias="bytes")
    time: AwareDatetime


def answers(
    lines: Iterable[bytes], read: Callable[[str], str], run: Runner
) -> Iterator[dict[str, Any]]:
    """``data``, ``warnings`` and ``errors`` for each line, as soon as it was run.

    ``read`` gives the text of a script and raises Skip where it cannot. An error that is not
    the codec's own word begins with its reason: ``codec_timeout: …``.

    Raises:
        Retry: the sandbox cannot be started.
    """
    for line in lines:
        try:
            (outcome,) = run([_call(line, read)])
        except Skip as why:
            yield answer(Outcome(errors=(f"{why.reason}: {why}",)))
        else:
            yield answer(outcome)


def _call(line: bytes, read: Callable[[str], str]) -> Call:
    if len(line) > LINE_MAX:
        raise Skip("bad_line", f"more than {LINE_MAX} bytes")
    try:
        asked = Line.model_validate_json(line)
    except ValidationError as e:
        wrong = (
            ": ".join([*map(str, one["loc"]), one["msg"]])
            for one in e.errors(include_url=False, include_input=False, include_context=False)
        )
        raise Skip("bad_line", "; ".join(wrong)) from e
    return Call(read(asked.script), asked.port, asked.payload, micros(asked.time))


def answer(outcome: Outcome) -> dict[str, Any]:
    """An outcome as an object for JSON."""
    said = [f"{outcome.reason}: {e}" if outcome.reason else e for e in outcome.errors]
    return {"data": outcome.data, "warnings": [*outcome.warnings], "errors": said}


def bounded_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; one that is too long comes cut, still longer than may be."""
    while line := stream.readline(LINE_MAX + 1):
        rest = line
        while len(rest) > LINE_MAX and not rest.endswith(b"\n"):
            rest = stream.readline(LINE_MAX + 1)
        yield line


@lru_cache(maxsize=256)
def script_at(path: str) -> str:
    """The text of a script file; read once, so that a batch judges one version of it.

    Raises:
        Skip: ``script``: no regular file of UTF-8 text of a bearable size.
    """
    try:
        file = Path(path)
        if not file.is_file():
            raise Skip("script", f"{path}: no such file")
        with file.open("rb") as opened:
            text = opened.read(SCRIPT_MAX + 1)
        if len(text) > SCRIPT_MAX:
            raise Skip("script", f"{path}: more than {SCRIPT_MAX} bytes")
        return text.decode("utf-8-sig")
    except (OSError, ValueError) as e:
        raise Skip("script", str(e)) from e
