"""Every query of the catalogue answers, on an empty store and on one with rows."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store.queries import ask, catalogue
from connectors.store.tables import arrow
from tests.connectors.store.records import MINUTE, START, declaration, observation, window

NOW = datetime.fromtimestamp(START / 1e6, UTC)
BOUND: dict[str, Any] = {
    "since": NOW - timedelta(days=1),
    "until": NOW + timedelta(days=1),
    "limit": 100,
    "property": "fill_level",
    "device": "A",
    "devices": ["A"],
    "channel": "",
    "open": False,
    "alert_id": "",
}


def _bound(name: str) -> dict[str, Any]:
    used = set(re.findall(r"\{(\w+):", catalogue()[name]))
    return {k: v for k, v in BOUND.items() if k in used}


def _declare(client: Client, kind: str, object_id: str, body: str) -> None:
    row = declaration(kind, object_id, body) | {"revision": 0, "is_deleted": False}
    client.insert_arrow("declarations", arrow("declarations", [row]))


def test_each_says_what_it_answers() -> None:
    assert catalogue()
    for text in catalogue().values():
        assert re.match(r"-- .+\.\n", text)


def test_each_answers_on_an_empty_store(client: Client) -> None:
    for name in catalogue():
        rows = ask(client, name, **_bound(name))
        assert all(set(row.values()) == {0} for row in rows), name


def test_flags_come_with_the_tests_that_raised_them(client: Client) -> None:
    _declare(client, "device", "A", '{"name":"Bac 1","use_case":"pav","nominal_period":900}')
    rows = [
        observation(),
        observation(at=START + MINUTE, flag=4, tests={"gross_range": 4, "spike": 3}),
        observation(at=START + 2 * MINUTE, flag=3, tests={"gross_range": 1, "spike": 3}),
        observation(at=START + 3 * MINUTE, flag=9, value=None, tests={"gross_range": 1}),
    ]
    client.insert_arrow("observations", arrow("observations", rows))
    raised = ask(client, "flags_raised")
    assert [(r["use_case"], r["test"], r["raised"], r["rows"]) for r in raised] == [
        ("pav", "gross_range", 4, 1),
        ("pav", "spike", 3, 2),
    ]
    assert [(r["flag"], r["rows"]) for r in ask(client, "flags")] == [
        (1, 1),
        (3, 1),
        (4, 1),
        (9, 1),
    ]
    flagged = ask(client, "flagged", **_bound("flagged"))
    assert [(r["name"], r["flag"]) for r in flagged] == [("Bac 1", 4), ("Bac 1", 3), ("Bac 1", 9)]


def test_a_parameter_is_a_value_and_never_sql(client: Client) -> None:
    client.insert_arrow("windows", arrow("windows", [window()]))
    bound = _bound("windows") | {"property": "sound_level"}
    assert len(ask(client, "windows", **bound)) == 1
    assert ask(client, "windows", **bound | {"device": "' OR 1 = 1 --"}) == []


def _frontier(client: Client, *seen: tuple[str, int, int]) -> None:
    rows = [{"topic": t, "partition": p, "at": at} for t, p, at in seen]
    client.insert_arrow("frontier", arrow("frontier", rows))


@pytest.fixture
def judged(client: Client) -> Client:
    """Two samples an hour apart, two partitions, a horizon of two days."""
    rows = [observation(provisional=False), observation(at=START + 60 * MINUTE)]
    client.insert_arrow("observations", arrow("observations", rows))
    client.command(
        "INSERT INTO parameters VALUES ('partitions', 2, now64(6)), "
        "('horizon_seconds', 172800, now64(6))"
    )
    return client


def _status(client: Client) -> list[tuple[str, bool]]:
    rows = ask(client, "observations", **_bound("observations"))
    return [(row["status"], row["final"]) for row in rows]


def test_nothing_is_final_before_every_partition_has_come_far_enough(judged: Client) -> None:
    live = [("live", False), ("provisional", False)]
    late = START + 48 * 60 * MINUTE
    assert _status(judged) == live
    _frontier(judged, ("observations", 0, late + MINUTE))
    assert _status(judged) == live
    _frontier(judged, ("observations", 1, late))
    assert _status(judged) == live
    _frontier(judged, ("observations", 1, late + 1))
    assert _status(judged) == [("final", True), ("provisional", False)]


def test_a_day_that_the_batch_must_judge_is_not_final(judged: Client) -> None:
    _frontier(judged, *(("observations", p, START + 100 * 60 * MINUTE) for p in (0, 1)))
    assert {final for _, final in _status(judged)} == {True}
    day = {"device": "A", "day": NOW.date(), "revision": 1, "reason": "late", "at": START}
    for removed in (False, True):
        row = day | {"revision": 1 + removed, "is_deleted": removed}
        judged.insert_arrow("pending", arrow("pending", [row]))
        assert {final for _, final in _status(judged)} == {removed}
