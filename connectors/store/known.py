"""What the store knows of devices when the inventory changes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.store.queries import ask

_CHUNK = 200
"""Devices in one question: their names go into its URL."""

HISTORY_MAX = 10_000
"""Declarations of one device that are told."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def measured_days(
    client: Client, touched: Iterable[tuple[str, str | None]], until: int
) -> Iterator[tuple[str, str, int]]:
    """Device, property and UTC day (since 1970) of what is stored before ``until``.

    ``touched`` are devices, each with a property or None for all; ``until`` in UTC microseconds.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    by_property: dict[str, set[str]] = {}
    for device, name in touched:
        by_property.setdefault(name or "", set()).add(device)
    for name, devices in sorted(by_property.items()):
        ordered = sorted(devices)
        for i in range(0, len(ordered), _CHUNK):
            bound = {"devices": ordered[i : i + _CHUNK], "property": name, "until": _time(until)}
            for row in ask(client, "measured_days", **bound):
                yield row["device"], row["property"], row["day"]


def history(client: Client, device: str) -> list[dict[str, Any]]:
    """Every declaration that ever named a device, the oldest first.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    return ask(client, "declaration_history", device=device, limit=HISTORY_MAX)


def _time(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)
