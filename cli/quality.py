"""``vigie quality``: the quality tests, without a server."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.command import Command
from cli.load import Output, Shape

if TYPE_CHECKING:
    from streams.quality import QualityTest

quality = typer.Typer(help="Quality tests.", no_args_is_help=True)


@quality.callback()
def _group() -> None:
    """The quality tests that flag values, as the workers run them."""


@quality.command("list")
def list_(output: Output = Shape.table) -> None:
    """Print the quality tests; as JSON with the schema of their parameters."""
    from cli.tables import table

    ours, theirs = _tests(None), _tests("ioos_qc")
    if output is Shape.json:
        found = [
            {
                "name": name,
                "summary": _summary(test),
                "params": test.params.model_json_schema(),
                "peers": test.peers,
                "compat": ["ioos_qc"] if name in theirs else [],
            }
            for name, test in ours.items()
        ]
        print(json.dumps(found, indent=2))  # noqa: T201
        return
    table(
        [
            {
                "test": name,
                "compat": "ioos_qc" if name in theirs else None,
                "flags": _summary(test),
            }
            for name, test in ours.items()
        ]
    )


@quality.command()
def check(
    test: Annotated[str, typer.Option(help="The name of the test, such as spike.")],
    params: Annotated[str, typer.Option(help="Its parameters, a JSON object.")] = "{}",
    compat: Annotated[
        Literal["ioos_qc"] | None,
        typer.Option(help="Judge as ioos_qc does, with its parameters."),
    ] = None,
) -> None:
    """Flag a series: CSV with time,value on standard input, one flag a line out, in the same order.

    A time is RFC 3339 with an offset or seconds since 1970; an empty value is missing. A header
    names the columns: time, value, arrival (without it the samples arrive now), and the other
    properties or devices that the test compares with. Lines may be in any order: they are judged
    in the order of time.
    """
    known = _tests(compat)
    if test not in known:
        among = f" of --compat {compat}" if compat else ""
        raise typer.BadParameter(f"--test {test!r}: the tests{among} are {', '.join(known)}")
    checked = _params(known[test], params)
    from connectors.series_csv import series
    from streams.codecs.batch import bounded_lines

    text = (line.decode("utf-8", "replace") for line in bounded_lines(sys.stdin.buffer))
    read = series(text, time.time_ns() // 1000)
    flags = read.as_written(known[test].check(read.columns, checked))
    sys.stdout.writelines(f"{flag}\n" for flag in flags.tolist())


def _tests(compat: str | None) -> "dict[str, QualityTest]":
    import streams.quality.ioos_qc
    from streams.discover import discover
    from streams.quality import QualityTest

    return discover(streams.quality.ioos_qc if compat else streams.quality, QualityTest)


def _params(test: "QualityTest", params: str) -> Any:
    from pydantic import ValidationError

    try:
        return test.params.model_validate_json(params)
    except ValidationError as e:
        said = "; ".join(": ".join(filter(None, (_path(one), one["msg"]))) for one in e.errors())
        raise typer.BadParameter(f"--params: {said}") from e


def _path(error: Any) -> str:
    return ".".join(map(str, error["loc"]))


def _summary(test: "QualityTest") -> str:
    """The first line of its file's docstring, without the name."""
    text = sys.modules[test.params.__module__].__doc__ or ""
    return text.partition("\n")[0].partition(": ")[2]


COMMAND = Command("quality", quality)
