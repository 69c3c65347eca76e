"""The demo's report as tables; everything in it comes from the report."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_FLAGS = {3: "suspect", 4: "fail"}
_COUNTS = ("sent", "unique", "observed", "dead")


def tables(report: Mapping[str, Any]) -> RenderableType:
    """What people read at the end of a demo."""
    return Group(
        _counts(report),
        _fill(report["indicators"]["pav_fill"]),
        _noise(report["indicators"]),
        _raised(report["raised"]),
        _faults(report["faults"]),
        _timings(report),
        _truth(report["truth"]),
    )


def _table(title: str, columns: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column in _WORDS else "right")
    return table


_WORDS = ("site", "commune", "use case", "test", "flag", "kind", "where", "first", "last", "at")


def _minute(instant: str) -> str:
    return instant[:16].replace("T", " ")


def _counts(report: Mapping[str, Any]) -> Table:
    flags = ("good", "unknown", "suspect", "fail", "missing")
    table = _table("Samples by flag", ("use case", *flags))
    for use_case, found in sorted(report["flagged"].items()):
        table.add_row(use_case, *(str(found.get(flag, 0)) for flag in flags))
    said = ", ".join(f"{report[name]} {name}" for name in _COUNTS)
    table.caption = said
    return table


def _fill(rows: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("pav: last fill level", ("site", "commune", "%", "at"))
    for row in rows:
        table.add_row(row["site"], row["commune"], f"{row['value']:.1f}", _minute(row["at"]))
    return table


def _noise(indicators: Mapping[str, Any]) -> Table:
    days = sorted({row["local_date"] for row in indicators["noise_lden"]})
    lden = {(row["site"], row["local_date"]): row["value"] for row in indicators["noise_lden"]}
    columns = ("site", "commune", "LAeq,1h", "at", *(f"Lden {day}" for day in days))
    table = _table("noise: dB(A), last hour and full days", columns)
    for row in indicators["noise_laeq"]:
        levels = (lden.get((row["site"], day)) for day in days)
        table.add_row(
            row["site"],
            row["commune"],
            f"{row['value']:.1f}",
            _minute(row["period_start"]),
            *("" if level is None else f"{level:.1f}" for level in levels),
        )
    return table


def _raised(rows: Iterable[Mapping[str, Any]]) -> Table:
    columns = ("use case", "test", "flag", "rows", "devices", "first", "last")
    table = _table("Flags raised, and by which test", columns)
    for row in rows:
        table.add_row(
            row["use_case"],
            row["test"],
            _FLAGS[row["raised"]],
            str(row["rows"]),
            str(row["devices"]),
            _minute(row["first_at"]),
            _minute(row["last_at"]),
        )
    return table


def _faults(faults: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("What the simulator did", ("kind", "where", "first", "last"))
    for fault in faults:
        table.add_row(fault["kind"], fault["target"], _minute(fault["from"]), _minute(fault["to"]))
    return table


def _timings(report: Mapping[str, Any]) -> Text:
    said = ", ".join(
        f"{name.removesuffix('_s')} {s:.1f} s" for name, s in report["timings"].items()
    )
    return Text(
        f"Timings: {said}. Memory at most {report['rss_mib']:.0f} MiB. Seed {report['seed']}."
    )


def _truth(truth: Mapping[str, Any]) -> Text:
    if not truth["equal"]:
        lines = ("Not the simulator's truth:", *truth["differences"])
        return Text("\n  ".join(lines), style="bold red")
    values = ", ".join(f"{n} {name}" for name, n in truth["compared"].items())
    return Text(f"Equal to the simulator's truth: all counts and flags, {values}.", "bold green")
