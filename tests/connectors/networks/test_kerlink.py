"""Wanesy's messages, written by hand after Kerlink's wiki."""

import json
from typing import Any

import pytest

from connectors.networks.kerlink import KERLINK
from streams.errors import Skip
from streams.uplinks import UNTIMED, Event, Radio

UP: dict[str, Any] = {
    "id": "5d2342ac71a1270001035042",
    "endDevice": {"devEui": "70b3d5e75e004a01", "devAddr": "24004F6B", "cluster": {"id": 1}},
    "fPort": 2,
    "fCntDown": 0,
    "fCntUp": 6940,
    "adr": False,
    "confirmed": False,
    "encrypted": False,
    "payload": "0102AABB",
    "recvTime": 1562591916089,
    "gwRecvTime": 1562588316001,
    "ulFrequency": 867.1,
    "modulation": "LORA",
    "dataRate": "SF12BW125",
    "codingRate": "4/5",
    "gwCnt": 2,
    "gwInfo": [
        {"gwEui": "7276FF0039030436", "rfRegion": "EU868", "rssi": -107, "snr": -7, "channel": 6},
        {"gwEui": "7276FF0039030437", "rssi": None, "snr": 2.5},
    ],
}


def read(**changed: Any) -> Event:
    message = {**UP, **changed}
    (event,) = KERLINK.events(json.dumps(message).encode(), {})
    return event


def test_uplink() -> None:
    assert read() == Event(
        kind="uplink",
        device="70B3D5E75E004A01",
        dedup="5d2342ac71a1270001035042",
        observed_at=1_562_591_916_089_000,
        port=2,
        counter=6940,
        session="24004F6B",
        payload=b"\x01\x02\xaa\xbb",
        radio=Radio(("7276FF0039030436", "7276FF0039030437"), -107.0, 2.5, 12, 867_100_000),
    )


def test_the_declared_encoding_decides_not_the_look_of_the_text() -> None:
    assert read(encodingType="HEXA").payload == b"\x01\x02\xaa\xbb"
    assert read(encodingType="BASE64").payload == b"\xd3\x5d\x36\x00\x00\x41"


def test_a_frame_that_waited_in_the_gateway_was_observed_there() -> None:
    assert read(delayed=True).observed_at == 1_562_588_316_001_000
    assert read(delayed=True, gwRecvTime=None).observed_at == 1_562_591_916_089_000


def test_encrypted_is_not_decoded() -> None:
    event = read(encrypted=True)
    assert event.encrypted
    assert event.payload is None


def test_without_id_session_and_counter_tell_frames_apart() -> None:
    assert read(id=None).dedup == "70B3D5E75E004A01/24004F6B/6940"
    assert (
        read(id=None, endDevice={**UP["endDevice"], "devAddr": "00000001"}).dedup
        != read(id=None).dedup
    )


def test_the_other_spelling_of_the_counter() -> None:
    message = {name: value for name, value in UP.items() if name != "fCntUp"}
    (event,) = KERLINK.events(json.dumps({**message, "fcntUp": "7"}).encode(), {})
    assert event.counter == 7


def test_the_level_payload_has_no_radio() -> None:
    assert read(gwInfo=None, ulFrequency=None, dataRate=None).radio is None


def test_zero_survives() -> None:
    event = read(fCntUp=0, fPort=0, payload="", gwInfo=[{"rssi": 0, "snr": 0}])
    assert (event.counter, event.port, event.payload) == (0, 0, b"")
    assert event.radio == Radio((), 0.0, 0.0, 12, 867_100_000)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"endDevice": {"devEui": "24004F6B"}}, "no_device"),
        ({"endDevice": None, "dataDownId": "5d23", "status": "OK"}, "no_device"),
        ({"recvTime": None}, "no_time"),
        ({"recvTime": -1}, "no_time"),
        ({"recvTime": 253_402_300_800_000}, "no_time"),
        ({"payload": "012"}, "malformed"),
        ({"payload": "01 02"}, "malformed"),
        ({"encodingType": "ASCII"}, "malformed"),
        ({"fCntUp": -1}, "malformed"),
        ({"fCntUp": 1 << 32}, "malformed"),
        ({"id": None, "fCntUp": None}, "malformed"),
    ],
)
def test_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(Skip) as refused:
        read(**changed)
    assert refused.value.reason == reason


def test_a_gateway_is_where_it_says() -> None:
    near = {"gwEui": "7276FF0039030436", "latitude": 45.7, "longitude": 4.8, "altitude": None}
    assert read(gwInfo=[near, {"gwEui": "7276FF0039030437", "latitude": None}]).details == {
        "gateways": [{"gateway": "7276FF0039030436", "latitude": 45.7, "longitude": 4.8}]
    }
    assert read(delayed=True).details == {"delayed": True}


def test_a_downlink_has_no_time_of_its_own() -> None:
    down = {"dataDownId": "5d23", "event": "SENT", "status": "OK", "nbAttempts": 0}
    event = read(**down)
    assert (event.kind, event.device, event.observed_at) == ("ack", "70B3D5E75E004A01", UNTIMED)
    assert event.details == {
        "event": "dataDownEvent",
        "type": "SENT",
        "status": "OK",
        "queue_item": "5d23",
        "attempts": 0,
    }
    assert read(**{**down, "status": "KO"}).dedup != event.dedup


def test_another_message_is_told_apart() -> None:
    with pytest.raises(Skip) as refused:
        KERLINK.events(b"{}", {})
    assert refused.value.reason == "unknown_event"
