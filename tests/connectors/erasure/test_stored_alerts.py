"""What of conditions and alerts in the store an erasure finds, by the store itself."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

from connectors.erasure.stored import erase_rows
from connectors.store import migrations
from connectors.store.client import connect
from streams.settings import Settings

HOUR = 3_600_000_000
TEN = 1_779_876_000_000_000
"""2026-05-27T10:00Z."""


def test_what_was_said_to_be_wrong_goes_with_its_time(apart: Callable[..., Settings]) -> None:
    """An outage that covered the device tells no value of it, and stays."""
    settings = apart()
    migrations.apply(settings)
    times = [datetime.fromtimestamp((TEN + n * HOUR) / 1e6, UTC) for n in (0, 2)]
    columns = ["alert_id", "subject_kind", "subject", "opened_at", "revision"]
    rows = [
        [f"{kind} {at.hour}", kind, "D", at, 1] for at in times for kind in ("device", "gateway")
    ]
    with closing(connect(settings)) as store:
        store.insert("conditions", [["D", t] for t in times], column_names=["device", "opened_at"])
        for table in ("alerts", "alert_transitions"):
            store.insert(table, rows, column_names=columns)
        gone = erase_rows(store, "D", (TEN, TEN + HOUR))
        left = store.query("SELECT alert_id FROM alerts ORDER BY 1").result_rows
    assert [gone[name] for name in ("conditions", "alerts", "alert_transitions")] == [1, 1, 1]
    assert left == [("device 12",), ("gateway 10",), ("gateway 12",)]
