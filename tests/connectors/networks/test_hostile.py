"""What a hostile or a broken sender may write, the same of every network server: the messages of
the pages, with one field changed."""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from connectors import networks
from streams.discover import discover
from streams.errors import Skip
from streams.uplinks import Event, Network
from tests.connectors.networks.pages import posted, source

FOUND = discover(networks, Network)


@dataclass(frozen=True)
class Fields:
    """Where a page's message has what; ``epoch`` says that its times are numbers, per second."""

    device: Sequence[Any]
    time: Sequence[Any]
    counter: Sequence[Any] = ()
    payload: Sequence[Any] = ()
    epoch: int = 0


LORA = ("metadata", "network", "lora")
PLACES = {
    "tts": Fields(
        ("end_device_ids", "dev_eui"),
        ("uplink_message", "received_at"),
        ("uplink_message", "f_cnt"),
        ("uplink_message", "frm_payload"),
    ),
    "chirpstack": Fields(("deviceInfo", "devEui"), ("time",), ("fCnt",), ("data",)),
    "thingpark": Fields(
        ("DevEUI_uplink", "DevEUI"),
        ("DevEUI_uplink", "Time"),
        ("DevEUI_uplink", "FCntUp"),
        ("DevEUI_uplink", "payload_hex"),
    ),
    "kerlink": Fields(("endDevice", "devEui"), ("recvTime",), ("fCntUp",), ("payload",), 1000),
    "liveobjects": Fields((*LORA, "devEUI"), ("timestamp",), (*LORA, "fcnt"), ("value", "payload")),
    "loriot": Fields(("EUI",), ("ts",), ("fcnt",), ("data",), 1000),
    "generic": Fields(("modem", "imei"), ("reports", 0, "at"), (), ("reports", 0, "data"), 1),
    "senml": Fields((0, "bn"), (0, "bt"), (), (), 1),
}
COUNTED = [name for name, fields in PLACES.items() if fields.counter]
KNOWN_BY_EUI = sorted(set(PLACES) - {"generic", "senml"})
PAYLOADS = [name for name, fields in PLACES.items() if fields.payload]


def read(name: str, path: Sequence[Any] = (), value: Any = None) -> Event:
    """The first event of the page's message, with another value at one place."""
    request = posted(name)
    message = copy.deepcopy(json.loads(request.body))
    inner = message
    for step in path[:-1]:
        inner = inner[step]
    if path:
        inner[path[-1]] = value
    return first(name, json.dumps(message).encode())


def first(name: str, body: bytes) -> Event:
    event = FOUND[name].reader(source(name))(body, posted(name).query)[0]
    if isinstance(event, Skip):
        raise event
    return event


def reason(name: str, path: Sequence[Any], value: Any) -> str:
    with pytest.raises(Skip) as refused:
        read(name, path, value)
    return refused.value.reason


def test_every_format_of_json_is_among_them() -> None:
    assert set(PLACES) == {n for n in FOUND if "application/json" in FOUND[n].media}


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize(
    "value", [-1, "-1", 1 << 32, str(1 << 32), 10**30, "9" * 400, 1.5, True, "x", "", [1], {}]
)
def test_a_counter_that_is_none(name: str, value: Any) -> None:
    assert reason(name, PLACES[name].counter, value) == "malformed"


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("value", [0, 1, 65_536, (1 << 32) - 1])
def test_a_counter_as_a_number_and_as_a_text(name: str, value: int) -> None:
    number, text = (read(name, PLACES[name].counter, v) for v in (value, str(value)))
    assert number.counter == value
    assert number == text


@pytest.mark.parametrize("name", [*KNOWN_BY_EUI, "generic", "senml"])
@pytest.mark.parametrize(
    "eui",
    [
        "0004a30b001c0530",
        "0004A30B001C0530",
        "00-04-A3-0B-00-1C-05-30",
        "00:04:a3:0b:00:1c:05:30",
        "0004.a30b.001c.0530",
    ],
)
def test_a_dev_eui_in_every_notation(name: str, eui: str) -> None:
    assert read(name, PLACES[name].device, eui).device == "0004A30B001C0530"


@pytest.mark.parametrize("name", KNOWN_BY_EUI)
@pytest.mark.parametrize(
    "value", [5, True, ["0004A30B001C0530"], "0004A3", "0004A30B001C05300", "000٤A30B001C0530", "x"]
)
def test_a_device_that_is_none(name: str, value: Any) -> None:
    assert reason(name, PLACES[name].device, value) == "no_device"


@pytest.mark.parametrize("name", ["generic", "senml"])
@pytest.mark.parametrize(
    "value", [None, True, [], {}, " ", "/", "a b", "a\nb", "é", "-a", "a" * 129]
)
def test_an_own_id_that_is_none(name: str, value: Any) -> None:
    assert reason(name, PLACES[name].device, value) == "no_device"


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1980-01-06T00:00:00Z", 315_964_800), ("9999-12-31T23:59:59Z", 253_402_300_799)],
)
def test_a_time_of_long_ago_or_far_ahead_is_told_as_it_is(
    name: str, text: str, seconds: int
) -> None:
    fields = PLACES[name]
    said = seconds * fields.epoch if fields.epoch else text
    assert read(name, fields.time, said).observed_at == seconds * 1_000_000


@pytest.mark.parametrize("name", sorted(set(PLACES) - {"senml"}))
def test_1970_is_a_time(name: str) -> None:
    said = 0 if PLACES[name].epoch else "1970-01-01T00:00:00Z"
    assert read(name, PLACES[name].time, said).observed_at == 0


@pytest.mark.parametrize("name", sorted(set(PLACES) - {"senml", "tts"}))
@pytest.mark.parametrize("value", [None, "", "now", [], {}, True, -1, "2026-02-30T00:00:00Z"])
def test_a_time_that_is_none(name: str, value: Any) -> None:
    assert reason(name, PLACES[name].time, value) == "no_time"


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("value", [5, True, [1], {"a": 1}, "0", "é", "=", "AQ\n=="])
def test_a_payload_that_is_none(name: str, value: Any) -> None:
    assert reason(name, PLACES[name].payload, value) == "malformed"


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b'{"a": "\xc3"}',
        b'{"a": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 1000,
        b"[" + b"0," * 200_000 + b"0]",
        b'{"a": NaN}',
        b"9" * 5000,
    ],
)
def test_a_body_that_cannot_be_read(name: str, body: bytes) -> None:
    with pytest.raises(Skip):
        first(name, body)


@pytest.mark.parametrize("name", PLACES)
def test_a_body_that_was_cut_off(name: str) -> None:
    body = posted(name).body.rstrip()
    for length in range(0, len(body) - 1, 7):
        with pytest.raises(Skip) as refused:
            first(name, body[:length])
        assert refused.value.reason == "not_json"
