"""Reliability as it is served: from the real store."""

import json
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.store.queries import ask
from connectors.store.tables import arrow
from tests.connectors.store.records import declaration


def _declare(client: Client, *objects: tuple[str, str, dict[str, Any]]) -> None:
    rows = [
        declaration(kind, name, json.dumps(body)) | {"revision": 0, "is_deleted": False}
        for kind, name, body in objects
    ]
    client.insert_arrow("declarations", arrow("declarations", rows))


def _reliability(to: str, share: float) -> dict[str, Any]:
    return {
        "device": "A",
        "property": "fill_level",
        "from": "2026-03-01T00:00:00Z",
        "to": to,
        "method": "reference",
        "protocol": "read by hand",
        "n": 12,
        "reliability": share,
        "tolerance": "10%",
        "rmse": 2.5,
    }


def test_the_latest_reliability_is_served_beside_what_is_to_be_reached(client: Client) -> None:
    target = {"target_reliability": 0.9, "reliability_protocol": "ten readings a quarter"}
    _declare(
        client,
        ("use_case", "pav", {"title_fr": "", "title_en": "", **target}),
        ("device", "A", {"name": "Bac 1", "use_case": "pav", "nominal_period": 900}),
        ("reliability", "1", _reliability("2026-03-02T00:00:00Z", 0.95)),
        ("reliability", "2", _reliability("2026-06-02T00:00:00Z", 0.85)),
    )
    (row,) = ask(client, "reliability", limit=10)
    assert (row["id"], row["reliability"], row["n"], row["rmse"]) == ("2", 0.85, 12, 2.5)
    assert (row["slope"], row["protocol"]) == (None, "read by hand")
    assert (row["target_reliability"], row["met"]) == (0.9, 0)
    assert row["target_protocol"] == "ten readings a quarter"
    assert row["until"].isoformat() == "2026-06-02T00:00:00+00:00"
