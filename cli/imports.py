"""``vigie import``: files of loggers, each row once."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.command import Command
from cli.load import Home, Shape, load
from cli.main import FAILED

if TYPE_CHECKING:
    from connectors.files.report import Report
    from connectors.files.session import Session


def imports(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER…", help="Of a folder, all files that lie in it."),
    ],
    source: Annotated[str, typer.Option(help="The declared source whose files they are.")],
    report: Annotated[Shape, typer.Option(help="For people, or a line of JSON a file.")] = (
        Shape.table
    ),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and judge everything, send nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send also the rows that Kafka has; they count once.")
    ] = False,
    home: Home = None,
) -> None:
    """Import files of loggers, with their own timestamps, and report what became of each row.

    Rows that were imported before are not sent again; an import that was stopped goes on where
    Kafka's acknowledgements ended. Old rows make their days pending. Ends with 1 when a file or a
    row was refused.
    """
    from cli.logs import configure
    from connectors.files.session import session

    settings = load(home=home)
    configure("error", plain=True)
    files = _files(paths)
    with session(settings, dry=dry_run, again=again) as opened:
        clean = _import(opened, files, source, report)
    if not clean:
        raise SystemExit(FAILED)


def _files(paths: Sequence[Path]) -> list[Path]:
    """Every file in its order, before the first is read.

    Raises:
        Stop: one is not there, or there is none.
    """
    from streams.errors import Stop

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.iterdir() if p.is_file() and not p.is_symlink())
            found += sorted(p for p in inside if not p.name.startswith("."))
        elif path.is_file():
            found.append(path)
        else:
            raise Stop(f"{path} is no file and no folder")
    if not found:
        raise Stop(f"no file in {', '.join(map(str, paths))}")
    return found


def _import(opened: "Session", files: Sequence[Path], name: str, shape: Shape) -> bool:
    """Whether nothing was refused; what was imported before an error is reported too."""
    from streams.errors import Stop

    source = opened.registry().get("source", name)
    if source is None:
        raise Stop(f"source {name!r} is not declared: `vigie registry apply` its inventory first")
    done: list[Report] = []
    try:
        for path in files:
            try:
                file = path.open("rb")
            except OSError as e:
                raise Stop(f"{path} cannot be read: {e.strerror}") from e
            with file:
                found, digest = opened.importer.take(file, path.name, source)
            done.append(found)
            if shape is Shape.json:
                print(json.dumps(found.content()), flush=True)  # noqa: T201
            opened.importer.journal.finished(digest)
    finally:
        if shape is Shape.table and done:
            _print(done)
    return all(found.clean for found in done)


def _print(reports: Sequence["Report"]) -> None:
    from cli.tables import table

    table([_row(found.content()) for found in reports])
    for found in reports:
        if found.refusal:
            print(f"{found.file}: {found.refusal}: {found.message}", file=sys.stderr)  # noqa: T201


def _row(content: Mapping[str, Any]) -> dict[str, object]:
    counts = {name: content[name] for name in ("file", "rows", "kept", "duplicate", "refused")}
    return counts | {"why": "\n".join([*map(_why, content["reasons"]), content["refusal"] or ""])}


def _why(reason: Mapping[str, Any]) -> str:
    lines = ", ".join(map(str, reason["lines"]))
    more = "…" if reason["rows"] > len(reason["lines"]) else ""
    return f"{reason['reason']}: {reason['rows']} (line {lines}{more}): {reason['message']}"


COMMAND = Command("import", imports)
