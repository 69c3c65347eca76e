"""Conditions and alerts in the store: the last word on each, and every word."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store.queries import ask
from connectors.store.rows import Message, rows
from connectors.store.tables import arrow
from streams.alerts import Alert
from streams.alerts.alert import TRANSITION
from streams.wire import RECORDS, Wire
from tests.connectors.store.records import START, declaration

WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda _: "")
NOW = datetime.fromtimestamp(START / 1e6, UTC)
HOUR = 3_600_000_000
ONE = Alert("battery", "A", START, START, None, 2, ("A",), "3.1 V")
SPAN = {"since": NOW - timedelta(days=1), "until": NOW + timedelta(days=1), "limit": 100}


def said(one: Alert, what: str, offset: int) -> Message:
    value = WIRE.encode("Alert", one.record())
    return Message("alerts", 0, offset, one.id.encode(), value, 0, [(TRANSITION, what.encode())])


def condition(offset: int, **other: Any) -> Message:
    record = {
        "device": "A",
        "kind": "battery",
        "opened_at": START,
        "closed_at": None,
        "level": 2,
        "reason": "3.1 V",
        "gateways": ["g1"],
        "network": "tts",
        "updated_at": START,
    } | other
    return Message("conditions", 0, offset, b"A", WIRE.encode("Condition", record))


def tick(offset: int) -> Message:
    return Message("conditions", 0, offset, b"0", WIRE.encode("Tick", {"at": START}))


def test_a_tick_on_conditions_is_no_row_and_no_dead_letter() -> None:
    batch = rows([condition(0), tick(1)], WIRE)
    assert {name: t.num_rows for name, t in batch.tables.items()} == {"conditions": 1}
    assert batch.dead == []


@pytest.mark.parametrize(("topic", "record"), [("alerts", "Tick"), ("conditions", "Pending")])
def test_what_does_not_belong_there_is_dead(topic: str, record: str) -> None:
    content = {"at": 1, "device": "A", "day": 1, "reason": ""}
    batch = rows([Message(topic, 0, 0, b"A", WIRE.encode(record, content))], WIRE)
    assert [skip.reason for _, skip in batch.dead] == ["unexpected_record"]


def store(client: Client, *messages: Message) -> None:
    batch = rows(messages, WIRE)
    assert batch.dead == []
    for name, table in batch.tables.items():
        client.insert_arrow(name, table)


def listed(client: Client, **asked: Any) -> list[str]:
    bound = SPAN | {"open": False, "device": ""} | asked
    return [row["subject"] for row in ask(client, "alerts", **bound)]


def test_the_last_word_on_an_alert_is_the_row_and_every_word_is_kept(client: Client) -> None:
    closed = replace(ONE, closed_at=START + HOUR, updated_at=START + HOUR)
    store(client, said(ONE, "opened", 3), said(closed, "closed", 9))
    store(client, said(ONE, "opened", 3))
    (row,) = ask(client, "alerts", **SPAN, open=False, device="")
    assert (row["alert_id"], row["transition"], row["closed_at"]) == (
        ONE.id,
        "closed",
        NOW + timedelta(hours=1),
    )
    told = ask(client, "alert_transitions", alert_id=ONE.id[:8], limit=10)
    assert [(t["transition"], t["closed_at"] is None) for t in told] == [
        ("opened", True),
        ("closed", False),
    ]


def test_alerts_are_found_by_time_device_and_whether_they_are_open(client: Client) -> None:
    outage = replace(ONE, rule="gateway_outage", subject="g1", subject_kind="gateway", level=3)
    outage = replace(outage, devices=("A", "B"), silenced=True)
    past = replace(ONE, subject="B", devices=("B",), opened_at=START - 48 * HOUR)
    over = replace(past, closed_at=START - 30 * HOUR)
    never = replace(ONE, subject="C", withdrawn=True, closed_at=START)
    store(client, *(said(a, "opened", i) for i, a in enumerate((ONE, outage, over, never))))
    assert listed(client) == ["g1", "A"]
    assert listed(client, device="B") == ["g1"]
    assert listed(client, since=NOW - timedelta(days=3)) == ["g1", "A", "B"]
    assert listed(client, since=NOW - timedelta(days=3), open=True) == ["g1", "A"]
    assert listed(client, until=NOW - timedelta(hours=36)) == []
    assert ask(client, "alerts_open") == [
        {"level": 3, "open": 1, "in_maintenance": 1},
        {"level": 2, "open": 1, "in_maintenance": 0},
    ]


def test_a_condition_that_never_was_is_gone(client: Client) -> None:
    store(client, condition(0), condition(1, kind="reset", closed_at=START), condition(2, level=3))
    bound = SPAN | {"device": "A"}
    assert [(c["kind"], c["level"]) for c in ask(client, "conditions", **bound)] == [
        ("battery", 3),
        ("reset", 2),
    ]
    store(client, condition(7, withdrawn=True))
    assert [c["kind"] for c in ask(client, "conditions", **bound)] == ["reset"]


def test_readers_are_not_told_values_that_are_personal(client: Client) -> None:
    body = {"id": "u", "title_fr": "u", "title_en": "u", "personal_data": "personal"}
    objects = [
        declaration("use_case", "u", json.dumps(body)),
        declaration("device", "A", json.dumps({"use_case": "u"})),
    ]
    table = [o | {"revision": 0, "is_deleted": False} for o in objects]
    client.insert_arrow("declarations", arrow("declarations", table))
    level = replace(ONE, rule="threshold", property="sound_level")
    elsewhere = replace(level, subject="B", devices=("B",))
    store(client, *(said(a, "opened", i) for i, a in enumerate((ONE, level, elsewhere))))
    found = client.query("SELECT rule, subject FROM public_alert ORDER BY rule, subject")
    assert [tuple(row) for row in found.result_rows] == [("battery", "A"), ("threshold", "B")]
