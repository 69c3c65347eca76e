"""Rows on stdout for people."""

import sys
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED = 240
"""Columns where no terminal says how wide it is."""


def table(rows: Sequence[Mapping[str, object]], title: str = "") -> None:
    """Print rows under the names of the first one's keys; None is an empty cell."""
    console = Console(width=None if sys.stdout.isatty() else PIPED)
    shown = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left")
    for name in rows[0] if rows else ():
        shown.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        shown.add_row(*(Text("" if v is None else str(v)) for v in row.values()))
    console.print(shown)
