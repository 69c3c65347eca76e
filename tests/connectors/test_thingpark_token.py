"""Only who has the key signs, and only now."""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rfc3339 import micros
from connectors.thingpark_token import AGE_MAX, authentic, sent_at
from streams.uplinks import Request

KEY = "0011223344556677889AABBCCDDEEFF0"
TIME = "2026-02-12T16:15:50.250+01:00"
NOW = micros(TIME)
QUERY = {
    "LrnDevEui": "0004A30B001C0530",
    "LrnFPort": "15",
    "LrnInfos": "TWA_100000001.999.AS-1-12345678",
    "AS_ID": "city.example",
    "Time": TIME,
}
UPLINK: dict[str, Any] = {
    "Time": "2026-02-12T16:15:49.918+01:00",
    "DevEUI": "0004A30B001C0530",
    "FPort": "15",
    "FCntUp": "2",
    "payload_hex": "01020064",
    "mic_hex": "38e7a3b9",
    "LrrRSSI": "-60.0",
    "CustomerID": "100000507",
}
# The signed values written out by hand, not by the code that is tested.
SIGNED = (
    "1000005070004A30B001C053015201020064LrnDevEui=0004A30B001C0530&LrnFPort=15"
    "&LrnInfos=TWA_100000001.999.AS-1-12345678&AS_ID=city.example"
    "&Time=2026-02-12T16:15:50.250+01:00"
    "0011223344556677889aabbccddeeff0"
)
TOKEN = sha256(SIGNED.encode()).hexdigest()


def request(
    content: dict[str, Any] | None = None,
    query: dict[str, str] | None = None,
    name: str = "DevEUI_uplink",
    **said: Any,
) -> Request:
    body = json.dumps({name: UPLINK if content is None else content}).encode()
    asked = {**QUERY, "Token": TOKEN, **(query or {})}
    return Request(**{"query": asked, "body": body, "at": NOW, **said})


def test_the_worked_example() -> None:
    assert TOKEN == "ece9721b2b1067ce6192ea7be37f1f1ff8831dab6497656175a0884105719c67"
    assert authentic(request(), KEY)
    assert authentic(request(), KEY.lower())
    assert authentic(request(query={"Token": TOKEN.upper()}), KEY)


@pytest.mark.parametrize(
    "typed", [{"FPort": 15}, {"FCntUp": 2}, {"FPort": 15, "FCntUp": 2, "CustomerID": 100000507}]
)
def test_typed_and_untyped_bodies_sign_the_same(typed: dict[str, Any]) -> None:
    assert authentic(request({**UPLINK, **typed}), KEY)


@pytest.mark.parametrize(
    "changed",
    [
        {"FPort": 15.0},
        {"FPort": "16"},
        {"FCntUp": "3"},
        {"payload_hex": "01020065"},
        {"DevEUI": "0004a30b001c0530"},
        {"CustomerID": None},
        {"CustomerID": ["100000507"]},
    ],
)
def test_another_body_is_forged(changed: dict[str, Any]) -> None:
    assert not authentic(request({**UPLINK, **changed}), KEY)


@pytest.mark.parametrize(
    "query",
    [
        {"LrnInfos": "TWA_100000001.999.AS-1-12345679"},
        {"AS_ID": "town.example"},
        {"Time": "2026-02-12T16:15:50.251+01:00"},
        {"Time": "2026-02-12T15:15:50.250Z"},
        {"Token": TOKEN[:-1]},
        {"Token": ""},
        {"Token": "\udc80é"},
        {"Time": ""},
        {"Time": "now"},
    ],
)
def test_another_query_is_forged(query: dict[str, str]) -> None:
    assert not authentic(request(query=query), KEY)


def test_a_key_of_another_source_or_none_admits_nobody() -> None:
    assert not authentic(request(), "0" * 32)
    assert not authentic(request(), "")
    token = sha256(SIGNED[:-32].encode()).hexdigest()
    assert not authentic(request(query={"Token": token}), "")


@pytest.mark.parametrize("apart", [AGE_MAX, -AGE_MAX, 0])
def test_within_the_bound_it_is_of_now(apart: int) -> None:
    assert authentic(request(at=NOW + apart), KEY)


@pytest.mark.parametrize("apart", [AGE_MAX + 1, -AGE_MAX - 1, -NOW, 10**15])
def test_beyond_it_it_is_a_replay(apart: int) -> None:
    assert not authentic(request(at=NOW + apart), KEY)


def test_an_offset_may_come_escaped_or_with_a_bare_plus() -> None:
    for written in (quote(TIME), TIME):
        query = dict(parse_qsl(f"Time={written}"))
        assert sent_at(query) == NOW
        assert authentic(request(query=query), KEY)


def test_parameters_of_others_are_not_signed() -> None:
    query = {"room": "12", **QUERY, "Token": TOKEN}
    body = json.dumps({"DevEUI_uplink": UPLINK}).encode()
    assert authentic(Request(query=query, body=body, at=NOW), KEY)


@pytest.mark.parametrize(
    ("name", "content", "signed"),
    [
        (
            "DevEUI_downlink_Sent",
            {"DevEUI": "D", "FPort": 1, "FCntUp": 7, "FCntDn": "3", "CustomerID": "C"},
            "CD13",
        ),
        ("DevEUI_location", {"DevEUI": "D", "FCntUp": "7", "CustomerID": 100}, "100D"),
        ("DevEUI_notification", {"DevEUI": "D", "Type": "join", "CustomerID": "C"}, "CD"),
        ("DevEUI_uplink", {"DevEUI": "D", "MType": 0, "CustomerID": "C"}, "CD"),
    ],
)
def test_what_other_reports_sign(name: str, content: dict[str, Any], signed: str) -> None:
    query = "&".join(f"{n}={v}" for n, v in QUERY.items())
    token = sha256(f"{signed}{query}{KEY.lower()}".encode()).hexdigest()
    assert authentic(request(content, {"Token": token}, name), KEY)
    wrong = sha256(f"{signed}0{query}{KEY.lower()}".encode()).hexdigest()
    assert not authentic(request(content, {"Token": wrong}, name), KEY)


def test_without_a_token_the_secret_is_shown_in_a_header() -> None:
    body = json.dumps({"DevEUI_uplink": UPLINK}).encode()
    assert authentic(Request({"x-vigie-secret": KEY}, {}, body, NOW), KEY)
    assert not authentic(Request({"x-vigie-secret": "wrong"}, {}, body, NOW), KEY)
    assert not authentic(Request({}, dict(QUERY), body, NOW), KEY)
    # A wrong token is not mended by a header.
    forged = Request({"x-vigie-secret": KEY}, {**QUERY, "Token": "0" * 64}, body, NOW)
    assert not authentic(forged, KEY)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"{}", b'{"DevEUI_uplink": 1}', b"[" * 10_000, b"9" * 5000]
)
def test_a_body_of_nobody_is_not_signed(body: bytes) -> None:
    assert not authentic(request(body=body), KEY)


@given(
    st.binary(max_size=60)
    | st.dictionaries(
        st.sampled_from(["DevEUI_uplink", "DevEUI_location", "DevEUI_x"]),
        st.dictionaries(
            st.sampled_from(["DevEUI", "FPort", "CustomerID"]),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text()
            | st.lists(st.none()),
        ),
    ).map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from([*QUERY, "Token"]), st.text(max_size=40)),
    st.text(max_size=40),
)
def test_whatever_comes_is_judged(body: bytes, query: dict[str, str], secret: str) -> None:
    assert authentic(Request(query={**query, "Token": "f" * 64}, body=body), secret) is False
