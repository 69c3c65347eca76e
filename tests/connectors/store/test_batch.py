"""Every query of the batch answers on an empty store."""

import re
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from connectors.store.batch import FOLDER, ask
from connectors.store.queries import catalogue
from tests.connectors.store.records import START

DAY = 86_400_000_000
BOUND = {
    "limit": 100,
    "property": "fill_level",
    "device": "A",
    "channel": "",
    "since": datetime(2026, 9, 21, tzinfo=UTC),
    "until": datetime(2026, 9, 22, tzinfo=UTC),
    "devices": ["A"],
    "properties": ["fill_level"],
    "first": START - DAY,
    "end": START + DAY,
    "month": 202609,
    "run": "20260921T000000.000000",
    "back": "20260922T000000.000000",
    "reason": "late",
}
TABLES = [
    {"history": "observation_history", "at": "observed_at"},
    {"history": "window_history", "at": "start"},
]


def test_each_says_what_it_answers_and_answers_on_an_empty_store(client: Client) -> None:
    found = catalogue(FOLDER)
    assert found
    for name, text in found.items():
        assert text.startswith("-- "), name
        used = set(re.findall(r"\{(\w+):", text))
        for table in TABLES if "history" in used else TABLES[:1]:
            bound = {k: v for k, v in (BOUND | table).items() if k in used}
            rows = ask(client, name, **bound)
            assert all(set(row.values()) <= {0, None} for row in rows), name


def test_readers_are_not_asked_them() -> None:
    assert not catalogue().keys() & catalogue(FOLDER).keys()
