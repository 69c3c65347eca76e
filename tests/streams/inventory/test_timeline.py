"""The life of a device, in the order of time."""

import json
from datetime import UTC, datetime
from typing import Any

from streams.inventory import micros
from streams.inventory.timeline import Moment, timeline
from streams.registry import Registry
from tests.agreement.core import declared

DEVICE = {"id": "D", "name": "d", "codec": "c", "use_case": "u", "nominal_period": 900}
LINEAR = {"device": "D", "property": "p", "kind": "linear"}
TURN = datetime(2026, 1, 2, tzinfo=UTC)
ITEMS: list[tuple[str, dict[str, Any]]] = [
    ("device", DEVICE),
    ("calibration", {"id": "new", **LINEAR, "params": {"b": 2}, "from": TURN.isoformat()}),
    ("calibration", {"id": "old", **LINEAR, "params": {}, "to": TURN.isoformat()}),
    ("calibration", {"id": "other", **LINEAR, "device": "E", "params": {}}),
]


def row(day: int, body: dict[str, Any] | None, author: str = "anne") -> dict[str, Any]:
    at = datetime(2026, 1, day, tzinfo=UTC)
    said = {"kind": "device", "id": "D", "removed": body is None, "author": author}
    return said | {"declared_at": at, "body": json.dumps(body or {})}


def city() -> Registry:
    return Registry().after((kind, one.id, one) for kind, one in declared(ITEMS))


def test_what_held_always_comes_first_and_what_ended_is_told() -> None:
    moments = timeline(city(), "D", [])
    assert [(m.at, m.event, m.id) for m in moments] == [
        (None, "is", "D"),
        (None, "begins", "old"),
        (micros(TURN), "begins", "new"),
        (micros(TURN), "ends", "old"),
    ]
    assert moments[0].what == "name d, codec c, use_case u, nominal_period 900.0"


def test_what_was_only_said_again_is_left_out() -> None:
    changed = DEVICE | {"codec": "x"}
    history = [row(1, DEVICE), row(2, DEVICE), row(3, changed), row(4, None, "ben"), row(5, DEVICE)]
    said = timeline(Registry(), "D", history)
    assert [(m.event, m.author) for m in said] == [
        ("declared", "anne"),
        ("changed", "anne"),
        ("removed", "ben"),
        ("declared", "anne"),
    ]
    assert said[1] == Moment(
        micros(datetime(2026, 1, 3, tzinfo=UTC)), "changed", "device", "D", "codec: c → x", "anne"
    )


def test_nothing_is_known_of_what_was_never_declared() -> None:
    assert timeline(city(), "F", []) == []
