"""Indicators: one ``.sql`` file each, a header that says what is measured, then one SELECT.

Each becomes the view ``indicator_<name>``. Every one has the columns of :data:`COLUMNS`; the
value is null where too little was captured and is not rounded.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.store.client import answered
from streams.errors import Stop
from streams.inventory import Property, UseCase
from streams.publication import withheld
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
_PROPERTIES = re.compile(r"^[\w.:-]+(, *[\w.:-]+)*$", re.ASCII)
_PERIOD = re.compile(r"^([1-9]\d{0,3}) (min|h|d|month|year)\b", re.ASCII)
_UNITS = {"min": 60.0, "h": 3600.0, "d": 86_400.0, "month": 28 * 86_400.0, "year": 365 * 86_400.0}
"""In seconds, the shortest there are."""

_HEADER = re.compile(r"^-- (\w+): (.+)$")


@dataclass(frozen=True)
class Indicator:
    """``capture_min`` is the least share of a period, 0 to 1, that gives a value; ``properties``
    are those it is computed from, with commas; ``time_base`` begins with the length of a period.
    """

    name: str
    title_fr: str
    title_en: str
    use_case: str
    properties: str
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

    @property
    def period(self) -> float:
        """Seconds of a period; days are of 24 hours, whatever the clocks do."""
        found = _PERIOD.match(self.time_base)
        return int(found[1]) * _UNITS[found[2]] if found else 0.0

    @property
    def computed_from(self) -> tuple[str, ...]:
        """The ids of its properties."""
        return tuple(name.strip() for name in self.properties.split(","))


_SAID = tuple(f.name for f in fields(Indicator) if f.name not in ("name", "sql"))


def parse(name: str, text: str) -> Indicator:
    """The indicator of a file's stem and text.

    Raises:
        Stop: a bad name, a header line that is missing, unknown or said twice, a capture outside
            0 to 1, a time base without a length, or more than one statement.
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
    if not _PERIOD.match(header["time_base"]):
        raise Stop(f"indicator {name}: time_base begins with a length, such as 15 min, 1 h or 1 d")
    if not _PROPERTIES.match(header["properties"]):
        raise Stop(f"indicator {name}: properties are ids of the vocabulary, with commas")
    return Indicator(name=name, capture_min=capture, sql=sql, **header)


def load(folder: Path = FOLDER) -> Mapping[str, Indicator]:
    """The indicators of a folder by name."""
    return {p.stem: parse(p.stem, p.read_text("utf-8")) for p in sorted(folder.glob("*.sql"))}


def install(client: Client, found: Mapping[str, Indicator]) -> None:
    """Create or replace the view of each; a second time changes nothing.

    A view holds no row that may not be published: what is personal is declared, and the views of
    migration 0007 follow that. :func:`streams.publication.withheld` says the same.
    """
    for indicator in found.values():
        rows = f"SELECT * FROM (\n{indicator.sql}\n)\nWHERE {_published(indicator)}"  # noqa: S608
        statement = f"CREATE OR REPLACE VIEW {indicator.view} AS {rows}"
        answered(partial(client.command, statement))


def _published(indicator: Indicator) -> str:
    allowed = (
        "use_case IN (SELECT use_case FROM use_case_publication "  # noqa: S608
        f"WHERE least_period <= {indicator.period})"
    )
    names = ", ".join(f"'{name}'" for name in indicator.computed_from)
    return (
        "(use_case NOT IN (SELECT use_case FROM use_case_publication WHERE personal) "  # noqa: S608
        f"AND (SELECT count() FROM personal_property WHERE property IN ({names})) = 0) "
        f"OR {allowed}"
    )


def values(
    client: Client, indicator: Indicator, since: datetime, until: datetime, device: str = ""
) -> list[dict[str, Any]]:
    """Rows of the periods that lie within ``[since, until)``, by device, channel and time.

    ``device`` empty is all devices.

    Raises:
        ValueError: a naive time.
        Retry: ClickHouse does not answer.
        Stop: it is finer than its use case publishes what is personal.
    """
    if why := unpublished(client, indicator):
        raise Stop(f"indicator {indicator.name} is not published: {why}")
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


def unpublished(client: Client, indicator: Indicator) -> str:
    """Why an indicator's own use case does not publish it as it is declared now; empty if it does.

    Raises:
        Retry: ClickHouse does not answer.
    """
    use_cases = _declared(client, "use_case", (indicator.use_case,))
    properties = _declared(client, "property", indicator.computed_from)
    return withheld(
        UseCase.model_validate_json(use_cases[0]) if use_cases else None,
        [Property.model_validate_json(body) for body in properties],
        indicator.period,
    )


def _declared(client: Client, kind: str, ids: Sequence[str]) -> list[str]:
    sql = "SELECT body FROM declaration WHERE kind = {kind:String} AND id IN {ids:Array(String)}"
    bound = {"kind": kind, "ids": list(ids)}
    return [row[0] for row in answered(lambda: client.query(sql, parameters=bound)).result_rows]
