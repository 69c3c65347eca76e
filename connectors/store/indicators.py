"""Indicators: one ``.sql`` file each, a header that says what is measured, then one SELECT.

Each becomes the view ``indicator_<name>``. Every one has the columns of :data:`COLUMNS`; the
value is null where too little was captured and is not rounded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.store.client import answered
from streams.errors import Stop
from streams.resources import CLICKHOUSE

FOLDER = CLICKHOUSE / "indicators"
COLUMNS = (
    "device",
    "channel",
    "site",
    "commune",
    "use_case",
    "period_start",
    "period_end",
    "local_date",
    "value",
    "unit",
    "capture",
    "good",
    "unknown",
    "suspect",
    "fail",
    "missing",
)
"""Of every indicator; periods are [start, end) in UTC, ``local_date`` is Europe/Paris."""

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_HEADER = re.compile(r"^-- (\w+): (.+)$")


@dataclass(frozen=True)
class Indicator:
    """``capture_min`` is the least share of a period, 0 to 1, that gives a value."""

    name: str
    title_fr: str
    title_en: str
    use_case: str
    unit: str
    time_base: str
    capture_min: float
    definition: str
    source: str
    sql: str

    @property
    def view(self) -> str:
        """The view that holds it."""
        return f"indicator_{self.name}"


_SAID = tuple(f.name for f in fields(Indicator) if f.name not in ("name", "sql"))


def parse(name: str, text: str) -> Indicator:
    """The indicator of a file's stem and text.

    Raises:
        Stop: a bad name, a header line that is missing, unknown or said twice, a capture outside
            0 to 1, or more than one statement.
    """
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    said = [(m[1], m[2]) for line in lines[:end] if (m := _HEADER.match(line))]
    header: dict[str, Any] = dict(said)
    sql = "\n".join(lines[end:]).strip().rstrip(";")
    if not _NAME.match(name):
        raise Stop(f"indicator {name!r}: name the file in lower case, digits and underscores")
    if sorted(key for key, _ in said) != sorted(_SAID) or len(said) != end:
        raise Stop(f"indicator {name}: the header says each of these once: {', '.join(_SAID)}")
    if not re.match(r"(?i)(select|with)\b", sql) or ";" in sql:
        raise Stop(f"indicator {name}: one SELECT follows the header")
    try:
        capture = float(header.pop("capture_min"))
    except ValueError as e:
        raise Stop(f"indicator {name}: capture_min is a number from 0 to 1") from e
    if not 0 <= capture <= 1:
        raise Stop(f"indicator {name}: capture_min is a number from 0 to 1")
    return Indicator(name=name, capture_min=capture, sql=sql, **header)


def load(folder: Path = FOLDER) -> Mapping[str, Indicator]:
    """The indicators of a folder by name."""
    return {p.stem: parse(p.stem, p.read_text("utf-8")) for p in sorted(folder.glob("*.sql"))}


def install(client: Client, found: Mapping[str, Indicator]) -> None:
    """Create or replace the view of each; a second time changes nothing."""
    for indicator in found.values():
        statement = f"CREATE OR REPLACE VIEW {indicator.view} AS {indicator.sql}"
        answered(partial(client.command, statement))


def values(
    client: Client, indicator: Indicator, since: datetime, until: datetime, device: str = ""
) -> list[dict[str, Any]]:
    """Rows of the periods that lie within ``[since, until)``, by device, channel and time.

    ``device`` empty is all devices.

    Raises:
        ValueError: a naive time.
        Retry: ClickHouse does not answer.
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise ValueError("since and until need a time zone")
    sql = (
        f"SELECT * FROM {indicator.view} "  # noqa: S608
        "WHERE period_start >= {since:DateTime64(6, 'UTC')} "
        "AND period_end <= {until:DateTime64(6, 'UTC')} "
        "AND ({device:String} = '' OR device = {device:String}) "
        "ORDER BY device, channel, period_start"
    )
    bound = {"since": since.astimezone(UTC), "until": until.astimezone(UTC), "device": device}
    return list(answered(lambda: client.query(sql, parameters=bound)).named_results())
