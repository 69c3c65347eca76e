"""How far time has come in the store: the last tick that it met on every partition."""

import time
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from connectors.store.client import connect
from connectors.store.queries import ask
from streams.errors import Stop
from streams.inventory import micros
from streams.settings import Settings

_LOOK = 0.2
"""Seconds between two looks at the store."""
_TOPICS = {"observations", "windows"}


def stored_until(store: Client, partitions: int) -> int:
    """The tick up to which every partition is stored, UTC microseconds; 0 before the first.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    rows = [row for row in ask(store, "frontier") if row["topic"] in _TOPICS]
    if {row["topic"] for row in rows if row["partitions"] >= partitions} != _TOPICS:
        return 0
    return min(micros(row["at"]) for row in rows)


def settle(settings: Settings, last: int, patience: float) -> None:
    """Wait until the sink has met the last tick, ``last`` in UTC microseconds, everywhere.

    Raises:
        Stop: nothing moved for ``patience`` seconds.
    """
    store = connect(settings)
    reached, since = -1, time.monotonic()
    try:
        while (now := stored_until(store, settings.partitions)) < last:
            if now > reached:
                reached, since = now, time.monotonic()
            if time.monotonic() - since > patience:
                raise Stop(
                    f"the store stands at {_instant(reached)} and the last tick is "
                    f"{_instant(last)}: the logs in {settings.home / 'logs'} say why"
                )
            time.sleep(_LOOK)
    finally:
        store.close()


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at // 1_000_000, UTC).isoformat()
