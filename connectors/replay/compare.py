"""Two worlds beside each other: what is different in the side world, and how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.store.client import answered
from connectors.store.queries import catalogue
from streams.resources import CLICKHOUSE
from streams.settings import Settings

FOLDER = CLICKHOUSE / "replay"
TABLES = ("observations", "windows", "alerts")
_SAME = frozenset({"device", "property", "rule", "live", "side", "biggest", "biggest_at"})
"""Columns that count nothing that differs."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """By table a row for each device and property (of alerts, each rule), those that are equal
    among them."""

    rows: Mapping[str, Sequence[Row]]

    @property
    def equal(self) -> bool:
        """Whether the worlds say the same."""
        return not any(map(differs, (row for of in self.rows.values() for row in of)))

    def different(self) -> dict[str, list[Row]]:
        """Only the rows in which something differs, the most first."""
        return {
            table: sorted(filter(differs, rows), key=lambda row: -_differences(row))
            for table, rows in self.rows.items()
        }

    def totals(self) -> dict[str, dict[str, int]]:
        """The counts over all rows, by table."""
        return {table: _summed(rows) for table, rows in self.rows.items()}


def compare(client: Client, live: Settings, side: Settings, since: int, until: int) -> Comparison:
    """What differs in ``[since, until)``, UTC microseconds of observation.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    queries = catalogue(FOLDER)
    bound = {
        "live": live.clickhouse_database,
        "side": side.clickhouse_database,
        "first": since,
        "end": until,
    }
    found = {}
    for table in TABLES:
        sql = queries[table]
        answer = answered(lambda sql=sql: client.query(sql, parameters=bound))  # type: ignore[misc]
        found[table] = list(answer.named_results())
    return Comparison(found)


def differs(row: Row) -> bool:
    """Whether anything of a row does."""
    return _differences(row) > 0


def _differences(row: Row) -> int:
    return sum(row[name] for name in row.keys() - _SAME)


def _summed(rows: Sequence[Row]) -> dict[str, int]:
    names = [n for n in (rows[0] if rows else ()) if n not in _SAME - {"live", "side"}]
    return {name: sum(row[name] for row in rows) for name in names}
