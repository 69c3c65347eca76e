"""LORIOT's messages, written by hand after its documentation."""

import json
from typing import Any

import pytest

from connectors.networks.loriot import LORIOT
from streams.errors import Skip
from streams.uplinks import Event, Radio

RX: dict[str, Any] = {
    "cmd": "rx",
    "seqno": 31,
    "EUI": "70b3d5e75e004a01",
    "ts": 1470850675433,
    "ack": False,
    "bat": 254,
    "fcnt": 1,
    "port": 1,
    "freq": 868_500_000,
    "dr": "SF7 BW125 4/5",
    "rssi": -108,
    "snr": 1.2,
    "toa": 61,
    "data": "0102AABB",
}
GW: dict[str, Any] = {
    **{name: value for name, value in RX.items() if name not in ("rssi", "snr")},
    "cmd": "gw",
    "gws": [
        {"gweui": "7076FFFFFF053A13", "rssi": -106, "snr": -4.5, "lat": 45.7, "lon": 4.8},
        {"gweui": "7076FFFFFF019BF7", "rssi": -90, "snr": 3},
        {"gweui": "7076FFFFFF019BF7", "rssi": -95, "snr": 0},
    ],
}


def read(message: dict[str, Any]) -> Event:
    (event,) = LORIOT.events(json.dumps(message).encode(), {})
    return event


def test_uplink_of_the_best_gateway() -> None:
    event = read(RX)
    assert event == Event(
        kind="uplink",
        device="70B3D5E75E004A01",
        dedup=event.dedup,
        observed_at=1_470_850_675_433_000,
        port=1,
        counter=1,
        payload=b"\x01\x02\xaa\xbb",
        radio=Radio((), -108.0, 1.2, 7, 868_500_000),
        measures={"battery_level": 100.0},
    )


@pytest.mark.parametrize(
    ("battery", "measures"),
    [(1, {"battery_level": 0.0}), ("254", {"battery_level": 100.0}), (0, {}), (255, {}), (-1, {})],
)
def test_a_battery_that_the_device_knows_of(battery: Any, measures: Any) -> None:
    assert read({**RX, "bat": battery}).measures == measures


def test_a_gateway_is_where_it_says() -> None:
    assert read(GW).details == {
        "gateways": [{"gateway": "7076FFFFFF053A13", "latitude": 45.7, "longitude": 4.8}]
    }


def test_a_message_of_another_name_is_kept_as_it_is() -> None:
    said = {"cmd": "status", "EUI": RX["EUI"], "ts": RX["ts"], "level": 0}
    event = read(said)
    assert (event.kind, event.details) == ("other", {"event": "status", "content": said})


def test_all_gateways_of_the_same_frame() -> None:
    event = read(GW)
    gateways = ("7076FFFFFF053A13", "7076FFFFFF019BF7")
    assert event.radio == Radio(gateways, -90.0, 3.0, 7, 868_500_000)
    assert event.dedup == read(RX).dedup


@pytest.mark.parametrize(
    "changed",
    [{"fcnt": 2}, {"port": 2}, {"data": "00"}, {"ts": 1470850675433 + 86_400_000}, {"fcnt": None}],
)
def test_another_frame_has_another_key(changed: dict[str, Any]) -> None:
    assert read({**RX, **changed}).dedup != read(RX).dedup


def test_without_the_application_key_nothing_is_decoded() -> None:
    sealed = {name: value for name, value in RX.items() if name != "data"}
    event = read({**sealed, "encdata": "0102AABB"})
    assert event.encrypted
    assert event.payload is None
    assert not read(sealed).encrypted
    assert read(sealed).payload is None


def test_a_payload_without_bytes_is_a_payload() -> None:
    event = read({**RX, "data": "", "fcnt": "0", "rssi": 0})
    assert (event.payload, event.counter) == (b"", 0)
    assert event.radio is not None
    assert event.radio.rssi == 0.0


def test_a_message_wrapped_as_text() -> None:
    assert read({"type": "D", "tech": "L", "data": json.dumps(GW)}) == read(GW)


def test_basic_verbosity_has_no_radio() -> None:
    basic = ("cmd", "EUI", "ts", "ack", "bat", "fcnt", "port", "data")
    assert read({name: RX[name] for name in basic}).radio is None


def test_a_downlink_that_was_sent_is_no_uplink() -> None:
    sent = {"cmd": "txd", "EUI": RX["EUI"], "seqdn": 0, "ts": RX["ts"], "data": "00"}
    event = read(sent)
    assert (event.kind, event.payload) == ("other", None)
    assert event.details == {"event": "txd", "counter_down": 0}
    assert event.dedup != read({**sent, "seqdn": 1}).dedup


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"cmd": None}, "unknown_event"),
        ({"cmd": "cq", "EUI": None}, "no_device"),
        ({"cmd": ["rx"]}, "unknown_event"),
        ({"EUI": "gauge"}, "no_device"),
        ({"ts": "now"}, "no_time"),
        ({"ts": None}, "no_time"),
        ({"data": "0"}, "malformed"),
        ({"data": 12}, "malformed"),
        ({"port": 256}, "malformed"),
        ({"fcnt": True}, "malformed"),
    ],
)
def test_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(Skip) as refused:
        read({**RX, **changed})
    assert refused.value.reason == reason
