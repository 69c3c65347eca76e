"""``vigie alerts`` as an operator and a script meet it, on a real store."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pyarrow as pa

from connectors.store import migrations
from connectors.store.client import connect, password
from connectors.store.tables import arrow
from streams.alerts import Alert
from streams.settings import Settings
from tests.cli.command_line import vigie

HOUR = 3_600_000_000


def row(one: Alert, transition: str, revision: int) -> pa.Table:
    return arrow("alerts", [one.record() | {"transition": transition, "revision": revision}])


def test_alerts_are_listed_and_shown(apart: Callable[..., Settings]) -> None:
    settings = apart(partitions=1)
    migrations.apply(settings)
    now = time.time_ns() // 1000 // HOUR * HOUR
    opened = Alert("silent", "d1", now, now, None, 2, ("d1",), "no frame \x1b[2J")
    closed = replace(opened, closed_at=now + HOUR, updated_at=now + HOUR)
    other = Alert("battery", "d2", now, now, None, 3, ("d2",), "3.1 V")
    with closing(connect(settings)) as store:
        for n, (one, what) in enumerate(
            ((opened, "opened"), (other, "opened"), (closed, "closed"))
        ):
            for table in ("alerts", "alert_transitions"):
                store.insert_arrow(table, row(one, what, n))
    environment = {
        "VIGIE_HOME": str(settings.home),
        "VIGIE_CLICKHOUSE_URL": settings.clickhouse,
        "VIGIE_CLICKHOUSE_DATABASE": settings.clickhouse_database,
        "VIGIE_CLICKHOUSE_PASSWORD": password(settings),
    }
    listed = vigie("alerts", "list", "--output=json", **environment)
    assert (listed.returncode, listed.stderr) == (0, b"")
    assert [(a["rule"], a["level"]) for a in json.loads(listed.stdout)] == [
        ("battery", 3),
        ("silent", 2),
    ]
    table = vigie("alerts", "list", "--open", **environment).stdout.decode()
    assert other.id[:8] in table
    assert opened.id[:8] not in table
    shown = vigie("alerts", "show", opened.id[:10], **environment)
    assert shown.returncode == 0
    assert b"\x1b[2J" not in shown.stdout
    steps = [line.split()[0] for line in shown.stdout.decode().splitlines() if line.strip()]
    assert [s for s in steps if s in ("opened", "closed")] == ["opened", "closed"]
    none = vigie("alerts", "show", "zz", **environment)
    assert (none.returncode, b"no alerts have an id" in none.stderr) == (1, True)
