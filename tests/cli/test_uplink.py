"""``vigie uplink parse`` as a script meets it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command_line import vigie

UP = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2026-02-12T15:15:49.918402999+01:00",
    "deviceInfo": {"devEui": "0004a30b001c0530"},
    "fPort": 0,
    "data": "AP8=",
}


def told(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_lines_come_in_the_order_of_the_files_and_refusals_among_them(tmp_path: Path) -> None:
    (tmp_path / "up.json").write_text(json.dumps(UP))
    (tmp_path / "bad.json").write_bytes(b"\xff{")
    (tmp_path / "large.json").write_bytes(b" " * 2000)
    names = [str(tmp_path / name) for name in ("bad.json", "up.json", "large.json")]
    done = vigie(
        *("uplink", "parse", "--network", "chirpstack", "--query", "?event=up", *names, "-"),
        given=json.dumps(UP | {"fPort": 9}).encode(),
        VIGIE_HOME=str(tmp_path),
        VIGIE_WEBHOOK_BODY_MAX="1024",
    )
    assert (done.returncode, done.stderr) == (0, b"")
    bad, up, large, piped = told(done.stdout)
    assert [bad["kind"], bad["reason"]] == ["refused", "not_json"]
    assert [large["kind"], large["reason"]] == ["refused", "too_large"]
    assert (piped["f_port"], piped["event_id"]) == (9, up["event_id"])
    assert up == {
        "kind": "uplink",
        "device_id": "0004A30B001C0530",
        "f_port": 0,
        "f_cnt": 0,
        "payload": "00ff",
        "observed_at": "2026-02-12T14:15:49.918402Z",
        "event_id": up["event_id"],
        "encrypted": False,
        "decoded": None,
        "radio": {
            "gateways": [],
            "rssi": None,
            "snr": None,
            "spreading_factor": None,
            "frequency": None,
        },
    }


def test_without_its_query_an_event_is_refused_with_the_reason(tmp_path: Path) -> None:
    done = vigie("uplink", "parse", "--network=chirpstack", "-", given=json.dumps(UP).encode())
    assert done.returncode == 0
    assert [line["reason"] for line in told(done.stdout)] == ["unknown_event"]


def test_a_file_that_cannot_be_read_is_a_line_and_ends_with_1(tmp_path: Path) -> None:
    folder, absent = str(tmp_path), str(tmp_path / "absent.json")
    done = vigie("uplink", "parse", "--network=tts", folder, absent, "-", given=b"{}")
    assert (done.returncode, done.stderr) == (1, b"")
    assert [line["reason"] for line in told(done.stdout)] == [
        *("unreadable", "unreadable", "unknown_event")
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--network", "nonsense", "-"),
        ("--network", "tts"),
        ("-",),
        ("--network", "tts", "--query", "&".join("a" * 200), "-"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = vigie("uplink", "parse", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
