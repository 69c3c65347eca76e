"""Whatever JSON a source maps: messages or typed refusals, and each for itself."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.networks.generic import GENERIC, MESSAGES_MAX
from streams.errors import Skip
from streams.inventory import Source
from streams.inventory.sources import UplinkMapping
from streams.uplinks import UNTIMED, Event, Radio, frame_id

MAPPING: dict[str, Any] = {
    "device": "imei",
    "payload": "data",
    "time": "at",
    "time_unit": "s",
    "port": "port",
    "counter": "count",
    "gateway": "cell.id",
    "rssi": "radio.0.rssi",
    "snr": "radio.0.snr",
    "spreading_factor": "dr",
    "frequency": "mhz",
    "frequency_unit": "MHz",
}
MESSAGE: dict[str, Any] = {
    "imei": "356938035643809",
    "data": "0102AAbb",
    "at": 1770909349.918,
    "port": 1,
    "count": 7,
    "cell": {"id": 20801},
    "radio": [{"rssi": "-101.5", "snr": 0}],
    "dr": "SF9BW125",
    "mhz": "868.1",
}
AT = 1_770_909_349_918_000


def source(mapping: dict[str, Any] | None, name: str = "meters") -> Source:
    return Source.model_validate({"id": name, "network": "generic", "mapping": mapping})


def read(body: Any, mapping: dict[str, Any] = MAPPING, name: str = "meters") -> Sequence[Any]:
    return GENERIC.reader(source(mapping, name))(json.dumps(body).encode(), {})


def one(**changed: Any) -> Event:
    (event,) = read({k: v for k, v in {**MESSAGE, **changed}.items() if v is not None})
    if isinstance(event, Skip):
        raise event
    assert isinstance(event, Event)
    return event


def test_a_message() -> None:
    event = one()
    assert event == Event(
        kind="uplink",
        device="356938035643809",
        dedup=event.dedup,
        observed_at=AT,
        port=1,
        counter=7,
        payload=b"\x01\x02\xaa\xbb",
        radio=Radio(("20801",), -101.5, 0.0, 9, 868_100_000),
    )


def test_zero_survives_and_missing_is_missing() -> None:
    event = one(port="0", count="0", data="", cell=None, radio=None, dr=None, mhz=None)
    assert (event.port, event.counter, event.payload, event.radio) == (0, 0, b"", None)
    assert (one(port=None).port, one(count=None).counter) == (None, None)


@pytest.mark.parametrize(
    "eui",
    ["0004a30b001c0530", "0004A30B001C0530", "00-04-a3-0b-00-1c-05-30", "00:04:A3:0B:00:1C:05:30"],
)
def test_a_dev_eui_has_one_form(eui: str) -> None:
    assert one(imei=eui).device == "0004A30B001C0530"


def test_an_imei_may_be_a_number() -> None:
    assert one(imei=356938035643809).device == "356938035643809"


@pytest.mark.parametrize(
    ("unit", "value", "at"),
    [
        ("rfc3339", "2026-02-12T16:15:49.918+01:00", AT),
        ("s", "1770909349.918", AT),
        ("s", 0, 0),
        ("ms", 1770909349918, AT),
        ("ms", "1770909349918.0009", AT),
        ("us", AT, AT),
        ("us", "1.770909349918e15", AT),
    ],
)
def test_times_in_every_unit(unit: str, value: Any, at: int) -> None:
    (event,) = read({**MESSAGE, "at": value}, {**MAPPING, "time_unit": unit})
    assert event.observed_at == at


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("rfc3339", "2026-02-12T16:15:49"),
        ("rfc3339", 1770909349),
        ("s", None),
        ("s", -1),
        ("s", True),
        ("s", "1e400"),
        ("s", 10**400),
        ("s", "٣"),
        ("s", "nan"),
        ("s", 253_402_300_800),
        ("ms", [1]),
        ("us", "9" * 21),
    ],
)
def test_what_is_no_time_is_refused(unit: str, value: Any) -> None:
    (refused,) = read({**MESSAGE, "at": value}, {**MAPPING, "time_unit": unit})
    assert isinstance(refused, Skip)
    assert refused.reason == "no_time"


@pytest.mark.parametrize(
    ("encoding", "text", "payload"),
    [
        ("hex", "0102AABB", b"\x01\x02\xaa\xbb"),
        ("base64", "0102AABB", base64.b64decode("0102AABB")),
        ("text", "0102AABB", b"0102AABB"),
        ("text", "21,5 °C", "21,5 °C".encode()),
        ("hex", "", b""),
    ],
)
def test_the_declared_encoding_decides(encoding: str, text: str, payload: bytes) -> None:
    (event,) = read({**MESSAGE, "data": text}, {**MAPPING, "encoding": encoding})
    assert event.payload == payload


@pytest.mark.parametrize(
    ("unit", "value", "hertz"),
    [
        ("Hz", 868_100_000, 868_100_000),
        ("kHz", "868100", 868_100_000),
        ("MHz", 868.1, 868_100_000),
        ("MHz", 867.9, 867_900_000),
        ("MHz", 1e306, None),
        ("Hz", "?", None),
    ],
)
def test_a_frequency_has_a_unit(unit: str, value: Any, hertz: int | None) -> None:
    (event,) = read({**MESSAGE, "mhz": value}, {**MAPPING, "frequency_unit": unit})
    assert event.radio.frequency == hertz


def test_several_devices_and_instants_of_one_body() -> None:
    mapping = {"each": "a.list", "device": "id", "decoded": "", "time": "t", "time_unit": "ms"}
    body = {"a": {"list": [{"id": "x", "t": 1}, {"id": "y", "t": 1}, {"id": "x", "t": 2}]}}
    found = read(body, mapping)
    assert [(e.device, e.observed_at) for e in found] == [("x", 1000), ("y", 1000), ("x", 2000)]
    assert found[0].decoded == {"id": "x", "t": 1}
    assert len({e.dedup for e in found}) == 3


def test_a_body_may_be_the_list_itself_and_a_path_may_start_at_the_body() -> None:
    assert len(read([MESSAGE, {**MESSAGE, "count": 8}])) == 2
    mapping = {"each": "m", "device": "$.modem.0.imei", "payload": "p", "time": "$.sent"}
    body = {"modem": [{"imei": "7"}], "sent": "2026-02-12T15:15:49.918Z", "m": {"p": "00"}}
    (event,) = read(body, mapping)
    assert (event.device, event.observed_at, event.payload) == ("7", AT, b"\x00")


def test_a_name_may_have_dots_in_it() -> None:
    mapping = {"device": "$.urn.dev", "payload": "m2m.data", "time": "m2m.at", "time_unit": "s"}
    (event,) = read({"urn.dev": "7", "m2m.data": "00", "m2m": {"at": 1}}, mapping)
    assert (event.device, event.payload, event.observed_at) == ("7", b"\x00", 1_000_000)


def test_a_message_that_cannot_be_read_costs_its_neighbours_nothing() -> None:
    found = read([MESSAGE, {**MESSAGE, "imei": None}, 5, {**MESSAGE, "data": "0"}, MESSAGE])
    assert [e.reason if isinstance(e, Skip) else e.device for e in found] == [
        "356938035643809",
        "no_device",
        "no_device",
        "malformed",
        "356938035643809",
    ]
    assert str(found[3]).startswith("message 3: ")


def test_without_a_time_the_arrival_is_the_time() -> None:
    (event,) = read(MESSAGE, {"device": "imei", "payload": "data"})
    assert event.observed_at == UNTIMED
    assert event.met(5).observed_at == 5


@pytest.mark.parametrize(
    "changed",
    [{"imei": "1"}, {"data": "00"}, {"count": 8}, {"count": None}, {"at": AT / 1e6 + 86_400}],
)
def test_another_message_has_another_key(changed: dict[str, Any]) -> None:
    assert one(**changed).dedup != one().dedup


def test_a_copy_has_the_same_key() -> None:
    assert one(at=AT / 1e6 + 1, radio=[]).dedup == one().dedup
    assert one(count=None, radio=[]).dedup == one(count=None).dedup
    assert one(count=None, at=AT / 1e6 + 1).dedup != one(count=None).dedup


def test_sessions_and_ids_of_messages_tell_them_apart() -> None:
    named = {**MAPPING, "session": "s", "message_id": "id"}
    (first,) = read({**MESSAGE, "s": "a", "id": 1}, named)
    (copy,) = read({**MESSAGE, "s": "a", "id": "1", "at": 5, "count": 9}, named)
    (next_,) = read({**MESSAGE, "s": "a", "id": 2}, named)
    assert first.dedup == copy.dedup != next_.dedup
    (joined,) = read({**MESSAGE, "s": "b"}, named)
    (before,) = read({**MESSAGE, "s": "a"}, named)
    assert joined.dedup != before.dedup
    assert (joined.session, before.session) == ("b", "a")


def test_two_sources_never_share_a_message() -> None:
    (here,), (there,) = read(MESSAGE), read(MESSAGE, name="others")
    assert frame_id("generic", here.dedup) != frame_id("generic", there.dedup)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"imei": "x" * 129}, "no_device"),
        ({"imei": True}, "no_device"),
        ({"imei": {"a": 1}}, "no_device"),
        ({"imei": "a\nb"}, "no_device"),
        ({"data": 5}, "malformed"),
        ({"data": None}, "malformed"),
        ({"data": "01 02"}, "malformed"),
        ({"count": -1}, "malformed"),
        ({"count": 1 << 32}, "malformed"),
        ({"count": "1" * 400}, "malformed"),
        ({"port": 256}, "malformed"),
        ({"port": 1.5}, "malformed"),
    ],
)
def test_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(Skip) as refused:
        one(**changed)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"\xff", "not_json"),
        (b"[" * 10_000, "not_json"),
        (b"[]", "malformed"),
        (b"null", "malformed"),
        (b"[" + b"{}," * MESSAGES_MAX + b"{}]", "malformed"),
    ],
)
def test_a_body_that_cannot_be_read(body: bytes, reason: str) -> None:
    with pytest.raises(Skip) as refused:
        GENERIC.reader(source(MAPPING))(body, {})
    assert refused.value.reason == reason


def test_without_a_mapping_nothing_can_be_read() -> None:
    for read_ in (GENERIC.events, GENERIC.reader(None), GENERIC.reader(source(None))):
        with pytest.raises(Skip, match="mapping") as refused:
            read_(b"{}", {})
        assert refused.value.reason == "no_mapping"


@pytest.mark.parametrize(
    "mapping",
    [
        {"payload": "data"},
        {"device": ""},
        {"device": "imei"},
        {"device": "a..b", "payload": "p"},
        {"device": ".a", "payload": "p"},
        {"device": "a" * 257, "payload": "p"},
        {"device": "a", "payload": "p", "encoding": "rot13"},
        {"device": "a", "payload": "p", "paylod": "p"},
    ],
)
def test_a_mapping_that_says_too_little_is_refused(mapping: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        UplinkMapping.model_validate(mapping)


NAMES = st.sampled_from(["a", "b", "0", "1", "$"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
MAPPINGS = st.builds(
    lambda needed, more: {**more, **needed},
    st.fixed_dictionaries({"device": PATHS, "payload": PATHS, "decoded": PATHS | st.just("")}),
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("each", "port", "counter", "time", "message_id", "session"), PATHS),
            **dict.fromkeys(("gateway", "rssi", "snr", "spreading_factor", "frequency"), PATHS),
            "encoding": st.sampled_from(["hex", "base64", "text"]),
            "time_unit": st.sampled_from(["rfc3339", "s", "ms", "us"]),
            "frequency_unit": st.sampled_from(["Hz", "kHz", "MHz"]),
        },
    ),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(["0004A30B001C0530", "2026-02-12T15:15:49Z", "AQI=", "0102", "1e400"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(MAPPINGS, VALUES)
def test_any_mapping_of_any_json_gives_messages_or_refusals(
    mapping: dict[str, Any], body: Any
) -> None:
    try:
        found = read(body, mapping)
    except Skip as why:
        assert why.reason in {"not_json", "malformed"}  # noqa: PT017
        return
    for event in found:
        if isinstance(event, Skip):
            assert event.reason in {"malformed", "no_device", "no_time"}
            continue
        assert len(frame_id("generic", event.dedup)) == 16
        assert event.device
        assert event.observed_at == UNTIMED or 0 <= event.observed_at < 253_402_300_800_000_000
        assert event.port is None or 0 <= event.port <= 255
        assert event.payload is not None or event.decoded is not None
