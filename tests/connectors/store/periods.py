"""Civil and UTC periods, in plain Python."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clickhouse_connect.driver.client import Client

from connectors.store import indicators

PARIS = ZoneInfo("Europe/Paris")
QUARTER = timedelta(minutes=15)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of a whole second."""
    return round(at.timestamp()) * 1_000_000


def local(day: date, hour: int) -> datetime:
    """An hour of a day in Paris, as UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).astimezone(UTC)


def asked(client: Client, name: str) -> list[dict[str, Any]]:
    """All values of an indicator."""
    ever = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    return indicators.values(client, indicators.load()[name], *ever)
