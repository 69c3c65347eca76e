"""``vigie explain`` on real servers: from the uplink to the stored row, and what does not fit."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from connectors.explain.stored import nearest
from connectors.rfc3339 import text
from streams.errors import Stop
from streams.settings import Settings
from tests.cli.command_line import vigie
from tests.cli.test_dead_letter_resolving import becomes, environment
from tests.pipeline import INVENTORY, Pipeline, device, pipeline, tts

SECOND = 1_000_000
MINUTE = 60 * SECOND
NAME = "70B3D57ED0000001"
NOW = time.time_ns() // 1000 // MINUTE * MINUTE
AT = (NOW - 3600 * SECOND) // (15 * MINUTE) * 15 * MINUTE + 5 * MINUTE
SPIKE = {"spike": {"suspect": 5.0, "max_gap": 1500.0}, "gross_range": {"fail": [0.0, 100.0]}}
CALIBRATION = {
    "id": "half",
    "device": NAME,
    "property": "level",
    "kind": "linear",
    "stage": "linear",
    "params": {"a": 1.0, "b": 0.5},
}
LEVELS = "Cg==", "Kg==", "Cg=="
"""10, 42 and 10 per cent."""


def told(world: Pipeline, *arguments: str) -> tuple[int, str, str]:
    settings = world.settings
    own = environment(settings) | {
        "VIGIE_CLICKHOUSE_URL": settings.clickhouse,
        "VIGIE_CLICKHOUSE_USER": settings.clickhouse_user,
        "VIGIE_CLICKHOUSE_PASSWORD": settings.clickhouse_password.get_secret_value(),
        "VIGIE_CLICKHOUSE_DATABASE": settings.clickhouse_database,
    }
    done = vigie("explain", NAME, "level", *arguments, **own)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_value_is_told_from_its_uplink_to_its_row(apart: Callable[..., Settings]) -> None:
    settings = apart(partitions=2, sink_within=0.1)
    items: list[tuple[str, dict[str, Any]]] = [
        *INVENTORY,
        device(NAME),
        ("calibration", CALIBRATION),
        ("profile", {"id": "p", "property": "level", "tests": SPIKE}),
    ]
    with pipeline(settings, items) as world:
        for number, level in enumerate(LEVELS):
            at = AT + (number - 1) * 10 * MINUTE
            world.post(NAME, tts(NAME, number, text(at), level), at + 2 * SECOND)
        world.tick(NOW)
        world.turn()
        becomes(lambda: world.rows("SELECT count() FROM window")[0][0] >= 2)

        code, out, _ = told(world, text(AT + MINUTE), "--output=json")
        found = json.loads(out)
        assert code == 0, found["mismatches"]
        _spike(found)

        code, out, _ = told(world, text(AT))
        assert code == 0
        for line in (
            "  22 %, 3 suspect; live",
            "calibration  half (linear): 42 → 22",
            "             before 6, before_s 600, after 6, after_s 600, deviation 16",
            "judged again, it is the stored row",
        ):
            assert line in out.splitlines()

        world.declare(("calibration", {**CALIBRATION, "params": {"a": 1.0, "b": 0.25}}))
        code, out, _ = told(world, text(AT), "--output=json")
        found = json.loads(out)
        assert code == 3
        fields = {each["field"]: each for each in found["mismatches"]}
        assert fields.keys() == {"value", "config_version"}
        assert (fields["value"]["stored"], fields["value"]["computed"]) == (22.0, 11.5)
        assert "has changed since" in found["reasons"][0]

        with pytest.raises(Stop, match="within a day"):
            nearest(world.store, NAME, "level", None, AT - 3 * 86_400 * SECOND)
        with pytest.raises(Stop, match="no level 2 within"):
            nearest(world.store, NAME, "level", "2", AT)


def _spike(found: dict[str, Any]) -> None:
    """Each step of the middle value: 42 raw, 22 calibrated, a spike between two sixes."""
    assert (found["observed_at"], found["channel"], found["status"]) == (AT, "", "live")
    uplink = found["uplink"]
    assert (uplink["payload"], uplink["counter"], uplink["port"]) == ("2a", 1, 1)
    assert (uplink["source"], uplink["request_id"]) == ("s", f"{NAME}-{AT + 2 * SECOND}")
    codec = found["codec"]
    assert (codec["codec"], codec["object"]) == ("c", {"level": 42})
    assert codec["hash"] == found["stored"]["codec_hash"]
    assert [m["value"] for m in codec["measures"]] == [42.0]
    (stage,) = found["stages"]
    assert (stage["id"], stage["given"], stage["made"]) == ("half", 42.0, 22.0)
    tests = {test["name"]: test for test in found["tests"]}
    assert (tests["gross_range"]["flag"], tests["gross_range"]["numbers"]) == (1, {"value": 22.0})
    assert (tests["spike"]["flag"], tests["spike"]["numbers"]["deviation"]) == (3, 16.0)
    assert (found["stored"]["value"], found["stored"]["flag"]) == (22.0, 3)
    assert {window["duration"] for window in found["windows"]} == {900, 3600}
    assert found["mismatches"] == found["revisions"] == []
