"""Live Objects' messages, written by hand after Orange's guide."""

import json
from typing import Any

import pytest

from connectors.networks.liveobjects import LIVEOBJECTS
from streams.errors import Skip
from streams.uplinks import UNTIMED, Event, Radio

URN = "urn:lo:nsid:lora:70B3D5E75E004A01"
LORA: dict[str, Any] = {
    "devEUI": "70b3d5e75e004a01",
    "port": 1,
    "fcnt": 3401,
    "rssi": -99,
    "snr": 7,
    "esp": -99.79,
    "sf": 12,
    "signalLevel": 5,
    "ack": False,
    "messageType": "UNCONFIRMED_DATA_UP",
    "gatewayCnt": 1,
}
MESSAGE: dict[str, Any] = {
    "id": "5ebd0f7a4f5a2b6c1f8e9d01",
    "streamId": URN,
    "timestamp": "2020-05-14T09:30:50.069Z",
    "model": "lora_v0",
    "value": {"payload": "0102aabb"},
    "tags": [],
    "location": {"lat": 45.7, "lon": 4.8, "alt": 0, "accuracy": 10000, "provider": "lora"},
    "metadata": {"source": URN, "connector": "lora", "network": {"lora": LORA}},
}
METER: dict[str, Any] = {
    "id": "5ebd0f7a4f5a2b6c1f8e9d02",
    "streamId": "urn:lo:nsid:imei:356938035643809",
    "timestamp": "2020-05-14T09:30:50Z",
    "model": "pulse",
    "value": {"payload": "not hex", "index": 0},
    "metadata": {"source": "urn:lo:nsid:imei:356938035643809", "connector": "mqtt"},
}


def read(message: dict[str, Any]) -> Event:
    (event,) = LIVEOBJECTS.events(json.dumps(message).encode(), {})
    return event


def lora(**changed: Any) -> Event:
    network = {"lora": {**LORA, **changed}}
    return read({**MESSAGE, "metadata": {**MESSAGE["metadata"], "network": network}})


def test_uplink() -> None:
    assert read(MESSAGE) == Event(
        kind="uplink",
        device="70B3D5E75E004A01",
        dedup="5ebd0f7a4f5a2b6c1f8e9d01",
        observed_at=1_589_448_650_069_000,
        port=1,
        counter=3401,
        payload=b"\x01\x02\xaa\xbb",
        radio=Radio((), -99.0, 7.0, 12, None),
        details={
            "event": "UNCONFIRMED_DATA_UP",
            "location": {
                "latitude": 45.7,
                "longitude": 4.8,
                "altitude": 0.0,
                "accuracy": 10000.0,
                "source": "lora",
            },
        },
    )


def test_an_event_that_is_no_data_message_is_kept_as_it_is() -> None:
    joined = {"id": "e1", "streamId": URN, "timestamp": "2020-05-14T09:30:50Z", "type": "join"}
    event = read(joined)
    assert (event.kind, event.device) == ("other", "70B3D5E75E004A01")
    assert event.details == {"content": joined}
    untimed = {"streamId": "urn:lo:nsid:imei:356938035643809", "type": "offline"}
    assert read(untimed).observed_at == UNTIMED
    assert read(untimed).device == "356938035643809"
    assert read({**untimed, "type": "online"}).dedup != read(untimed).dedup


def test_what_live_objects_decoded_stands_beside_the_payload() -> None:
    event = read({**MESSAGE, "value": {"payload": "00", "level": 0, "full": False}})
    assert event.payload == b"\x00"
    assert event.decoded == {"level": 0, "full": False}


def test_a_device_of_another_connector_has_its_own_id_and_json() -> None:
    event = read(METER)
    assert (event.kind, event.device) == ("uplink", "356938035643809")
    assert event.payload is None
    assert event.decoded == METER["value"]
    named = {**METER, "metadata": {"source": "urn:lo:nsid:gauge:12", "connector": "mqtt"}}
    assert read(named).device == "urn:lo:nsid:gauge:12"


def test_the_stream_names_the_device_where_the_network_says_nothing() -> None:
    event = read({**MESSAGE, "metadata": {"connector": "lora"}})
    assert (event.device, event.port, event.counter) == ("70B3D5E75E004A01", None, None)
    assert event.radio is None


def test_without_id_stream_counter_and_time_tell_frames_apart() -> None:
    bare = {name: value for name, value in MESSAGE.items() if name != "id"}
    assert read(bare).dedup == "70B3D5E75E004A01/3401/1589448650069000"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (None, "uplink"),
        ("CONFIRMED_DATA_UP", "uplink"),
        ("JOIN_REQUEST", "join"),
        ("UNCONFIRMED_DATA_DOWN", "other"),
    ],
)
def test_message_types_are_classified(name: str | None, kind: str) -> None:
    assert lora(messageType=name).kind == kind


def test_zero_survives_and_nothing_is_made_zero() -> None:
    event = lora(fcnt="0", port=0, rssi=0, snr=None)
    assert (event.counter, event.port) == (0, 0)
    assert event.radio == Radio((), 0.0, None, 12, None)
    assert lora(fcnt=None).counter is None


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"level": 3}, "unknown_event"),
        ({**MESSAGE, "value": "0102"}, "unknown_event"),
        ({**MESSAGE, "timestamp": None}, "no_time"),
        ({**MESSAGE, "value": {"payload": "AQI="}}, "malformed"),
        (
            {**MESSAGE, "metadata": {"source": "urn:lo:nsid:lora:70B3", "connector": "lora"}},
            "no_device",
        ),
        ({**METER, "metadata": {"source": "x" * 129, "connector": "mqtt"}}, "no_device"),
    ],
)
def test_refused(message: dict[str, Any], reason: str) -> None:
    with pytest.raises(Skip) as refused:
        read(message)
    assert refused.value.reason == reason
