"""``vigie uplink parse`` as a script meets it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

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
        ("--network", "tts", "--header", "no colon", "-"),
        ("--network", "tts", "--at", "yesterday", "-"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = vigie("uplink", "parse", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


KEY = "46ab678cd45df4a4e4b375eacd096acc"
PARK = {
    "DevEUI_uplink": {
        "Time": "2026-02-12T16:15:49.918+01:00",
        "DevEUI": "0004A30B001C0530",
        "FPort": 15,
        "FCntUp": 7011,
        "payload_hex": "01020064",
        "mic_hex": "38e7a3b9",
        "CustomerID": "100000507",
    }
}
SAID = "LrnDevEui=0004A30B001C0530&LrnFPort=15&LrnInfos=TWA&AS_ID=city"


def asked(key: str = KEY, time: str = "2026-02-12T16:15:50.000+01:00") -> str:
    """The query that ThingPark would send with this body."""
    signed = f"1000005070004A30B001C053015701101020064{SAID}&Time={time}{key}"
    return f"{SAID}&Time={quote(time)}&Token={sha256(signed.encode()).hexdigest()}"


def thingpark(tmp_path: Path, query: str, *more: str, **environment: str) -> dict[str, Any]:
    declaration = tmp_path / "source.yaml"
    declaration.write_text("source:\n- {id: park, network: thingpark, secret: PARK}\n")
    done = vigie(
        *("uplink", "parse", "--network=thingpark", f"--source={declaration}"),
        *("--query", query, *more, "-"),
        given=json.dumps(PARK).encode(),
        **{"VIGIE_HOME": str(tmp_path), **environment},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    (line,) = told(done.stdout)
    return line


def test_a_signed_request_is_authenticated_against_its_secret(tmp_path: Path) -> None:
    line = thingpark(tmp_path, asked(), VIGIE_SECRET_PARK=KEY)
    assert (line["kind"], line["device_id"]) == ("uplink", "0004A30B001C0530")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "PARK").write_text(KEY + "\n")
    assert thingpark(tmp_path, asked())["kind"] == "uplink"


@pytest.mark.parametrize(
    ("query", "more", "secret"),
    [
        (asked("another key"), (), KEY),
        (asked(), (), "another key"),
        (SAID, (), KEY),
        (asked().replace("LrnFPort=15", "LrnFPort=16"), (), KEY),
        (asked(), ("--at", "2026-02-12T15:25:50Z"), KEY),
        (asked(), ("--at", "2026-02-12T15:05:50Z"), KEY),
    ],
)
def test_a_request_that_is_forged_or_replayed_is_refused(
    tmp_path: Path, query: str, more: tuple[str, ...], secret: str
) -> None:
    line = thingpark(tmp_path, query, *more, VIGIE_SECRET_PARK=secret)
    assert (line["kind"], line["reason"]) == ("refused", "unauthenticated")
    assert KEY not in line["message"]


def test_a_secret_that_is_not_set_is_named(tmp_path: Path) -> None:
    line = thingpark(tmp_path, asked())
    assert (line["kind"], line["reason"]) == ("refused", "unauthenticated")
    assert "VIGIE_SECRET_PARK" in line["message"]


@pytest.mark.parametrize(
    ("header", "kind"),
    [(None, "uplink"), ("X-Vigie-Secret: sésame", "uplink"), ("x-vigie-secret:other", "refused")],
)
def test_headers_are_authenticated_where_they_are_given(
    tmp_path: Path, header: str | None, kind: str
) -> None:
    (tmp_path / "s.yaml").write_text("{id: s, network: chirpstack, secret: [OLD, CITY]}")
    done = vigie(
        *("uplink", "parse", "--network=chirpstack", "--query=event=up"),
        *("--source", str(tmp_path / "s.yaml"), *(["--header", header] if header else []), "-"),
        given=json.dumps(UP).encode(),
        VIGIE_HOME=str(tmp_path),
        VIGIE_SECRET_CITY="sésame",
    )
    assert [line["kind"] for line in told(done.stdout)] == [kind]


def test_the_mapping_of_the_source_is_used(tmp_path: Path) -> None:
    (tmp_path / "meter.yaml").write_text(
        "id: meter\nnetwork: generic\nsecret: METER\n"
        "mapping: {each: list, device: imei, payload: hex, port: p, time: at, time_unit: s}\n"
    )
    body = {"list": [{"imei": "i1", "hex": "00ff", "p": 0, "at": 1770909349}, {"imei": "i2"}]}
    done = vigie(
        *("uplink", "parse", "--network=generic", f"--source={tmp_path / 'meter.yaml'}", "-"),
        given=json.dumps(body).encode(),
    )
    first, *_ = told(done.stdout)
    assert (first["device_id"], first["payload"], first["f_port"]) == ("i1", "00ff", 0)
    assert first["observed_at"] == "2026-02-12T15:15:49.000000Z"


@pytest.mark.parametrize(
    ("declaration", "said"),
    [
        ("{id: s, network: chirpstack}", "is of chirpstack, not of tts"),
        ("{id: s, network: tts, sekret: A}", "sekret: Extra inputs"),
        ("source: [{id: a, network: tts}, {id: b, network: tts}]", "one source is expected"),
        ("{", "is no YAML"),
        ("[" * 5000, "is no YAML"),
        ("", "one source is expected"),
        (None, "cannot be read"),
    ],
)
def test_a_declaration_that_cannot_be_used_says_why(
    tmp_path: Path, declaration: str | None, said: str
) -> None:
    path = tmp_path / "source.yaml"
    if declaration is not None:
        path.write_text(declaration)
    done = vigie("uplink", "parse", "--network=tts", "--source", str(path), "-", given=b"{}")
    assert (done.returncode, done.stdout) == (1, b"")
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
