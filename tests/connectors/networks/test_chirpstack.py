"""ChirpStack's messages, written by hand after its documentation."""

import json
from typing import Any

import pytest

from connectors.networks.chirpstack import CHIRPSTACK
from streams.errors import Skip
from streams.uplinks import Event, Radio

UP: dict[str, Any] = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2026-07-18T09:34:15.775023242+02:00",
    "deviceInfo": {
        "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
        "applicationName": "bruit",
        "deviceName": "sonometre-3",
        "devEui": "0101010101010a01",
        "tags": {"commune": "69123"},
    },
    "devAddr": "00189440",
    "dr": 1,
    "fCnt": 12,
    "fPort": 20,
    "data": "AgJY",
    "object": {"laeq": 60.0},
    "rxInfo": [
        {"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -36, "snr": 10.5},
        {"gatewayId": "0016c001f153a14d", "rssi": -80, "snr": 11},
    ],
    "txInfo": {
        "frequency": 867_100_000,
        "modulation": {"lora": {"bandwidth": 125_000, "spreadingFactor": 11}},
    },
}


def read(message: dict[str, Any], event: str = "up") -> Event:
    (found,) = CHIRPSTACK.events(json.dumps(message).encode(), {"event": event})
    return found


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in UP.items() if name not in names}


def test_uplink() -> None:
    assert read(UP) == Event(
        kind="uplink",
        device="0101010101010A01",
        dedup="3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        observed_at=1_784_360_055_775_023,
        port=20,
        counter=12,
        session="00189440",
        payload=b"\x02\x02\x58",
        decoded={"laeq": 60.0},
        radio=Radio(("0016c001f153a14c", "0016c001f153a14d"), -36.0, 11.0, 11, 867_100_000),
    )


def test_older_samples_leave_out_what_is_zero() -> None:
    event = read({**without("fCnt", "fPort", "data"), "rxInfo": [{"gatewayId": "g"}]})
    assert (event.counter, event.port, event.payload) == (0, None, None)
    assert event.radio is not None
    assert (event.radio.gateways, event.radio.rssi, event.radio.snr) == (("g",), 0.0, 0.0)


def test_no_reception_is_no_radio() -> None:
    assert read(without("rxInfo", "txInfo")).radio is None


def test_end_to_end_encrypted_is_not_decoded() -> None:
    event = read({**UP, "joinServerContext": {"sessionKeyId": "AAAA"}})
    assert event.encrypted
    assert event.payload is None
    assert not read({**UP, "joinServerContext": {}}).encrypted


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("join", "join"),
        ("status", "status"),
        ("ack", "ack"),
        ("txack", "other"),
        ("log", "error"),
        ("location", "location"),
        ("integration", "other"),
    ],
)
def test_other_events_are_classified(name: str, kind: str) -> None:
    event = read(without("deduplicationId", "data"), name)
    assert (event.kind, event.device, event.payload) == (kind, "0101010101010A01", None)
    assert event.dedup


@pytest.mark.parametrize(
    ("message", "event", "reason"),
    [
        (UP, "", "unknown_event"),
        (UP, "downlink", "unknown_event"),
        (without("deviceInfo"), "up", "no_device"),
        (without("time"), "up", "no_time"),
        ({**UP, "time": 5}, "up", "no_time"),
        (without("deduplicationId"), "up", "malformed"),
        ({**UP, "data": "AgJ"}, "up", "malformed"),
        ({**UP, "fCnt": 1.5}, "up", "malformed"),
        ([], "up", "not_json"),
    ],
)
def test_refused(message: Any, event: str, reason: str) -> None:
    with pytest.raises(Skip) as refused:
        read(message, event)
    assert refused.value.reason == reason
