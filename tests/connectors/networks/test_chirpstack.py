"""ChirpStack's messages, written by hand after its documentation."""

import json
from typing import Any

import pytest

from connectors.networks.chirpstack import CHIRPSTACK
from streams.errors import Skip
from streams.uplinks import Event, Radio
from tests.connectors.networks.pages import block

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


def test_what_came_with_an_uplink_is_no_copy_of_it() -> None:
    """ChirpStack gives all events of one reception the same deduplicationId."""
    of_one = [said(name).dedup for name in ("join", "status", "ack", "location")]
    assert len({read(UP).dedup, *of_one}) == 5
    assert said("status").dedup == of_one[1]


def said(event: str, **fields: Any) -> Event:
    return read({**without("data", "rxInfo", "txInfo", "fCnt", "fPort", "object"), **fields}, event)


@pytest.mark.parametrize(
    ("fields", "measures"),
    [
        ({"margin": 0, "batteryLevel": 0.0}, {"link_margin": 0.0, "battery_level": 0.0}),
        ({"margin": 10, "batteryLevel": 99.6}, {"link_margin": 10.0, "battery_level": 99.6}),
        ({"margin": -5, "externalPowerSource": True, "batteryLevel": 0.0}, {"link_margin": -5.0}),
        ({"margin": 4, "batteryLevelUnavailable": True, "batteryLevel": 0}, {"link_margin": 4.0}),
        ({"margin": "?", "batteryLevel": 101}, {}),
    ],
)
def test_status_is_what_the_device_knows(fields: dict[str, Any], measures: Any) -> None:
    assert said("status", **fields).measures == measures


def test_a_join_starts_a_session() -> None:
    event = said("join")
    assert (event.session, event.details) == ("00189440", {"event": "join", "dev_addr": "00189440"})


def test_what_became_of_a_downlink() -> None:
    event = said("ack", acknowledged=False, fCntDown=0, queueItemId="q")
    assert event.details == {
        "event": "ack",
        "acknowledged": False,
        "counter_down": 0,
        "queue_item": "q",
    }
    sent = said("txack", fCntDown=7, gatewayId="g", downlinkId=9)
    assert sent.details == {"event": "txack", "counter_down": 7, "gateway": "g", "downlink": 9}


def test_the_counter_that_jumps_back_is_told() -> None:
    event = said("log", level="WARNING", code="UPLINK_F_CNT_RESET", description="Frame-counter")
    assert (event.kind, event.details["code"]) == ("error", "UPLINK_F_CNT_RESET")
    assert (event.details["level"], event.details["text"]) == ("WARNING", "Frame-counter")


def test_a_place_on_the_equator_is_a_place() -> None:
    event = said("location", location={"longitude": 4.8, "source": "GEO_RESOLVER_TDOA"})
    assert event.details == {
        "event": "location",
        "latitude": 0.0,
        "longitude": 4.8,
        "source": "GEO_RESOLVER_TDOA",
    }
    assert said("location", location={}).details == {"event": "location"}


def test_an_event_of_another_name_is_kept_as_it_is() -> None:
    event = said("relay", worChannel=1)
    assert (event.kind, event.details["event"]) == ("other", "relay")
    assert event.details["content"]["worChannel"] == 1


HELIUM = {
    "gatewayId": "f8c5dd4c2b7ca1d3",
    "uplinkId": 31418,
    "gwTime": "2026-07-18T07:34:15.600Z",
    "rssi": -112,
    "snr": -7.25,
    "metadata": {
        "gateway_id": "11aBcDeFgHiJ",
        "gateway_name": "tall-plum-otter",
        "gateway_lat": "45.7640",
        "gateway_long": "4.8357",
        "network": "helium_iot",
        "region_config_id": "eu868",
        "region_common_name": "EU868",
    },
}


def test_the_page_has_a_message_of_helium() -> None:
    event = read(json.loads(block("chirpstack", "json")))
    assert (event.device, event.payload) == ("0004A30B001C0530", b"\x02\x02\x58")
    assert event.radio == Radio(("f8c5dd4c2b7ca1d3",), -112.0, -7.25, 9, 868_100_000)
    (gateway,) = event.details["gateways"]
    assert (gateway["latitude"], gateway["longitude"]) == (45.764, 4.8357)


def test_helium_says_in_texts_where_its_gateways_are() -> None:
    event = read({**UP, "rxInfo": [HELIUM, {"gatewayId": "g", "rssi": -120}]})
    assert event.radio is not None
    assert (event.radio.gateways, event.radio.rssi) == (("f8c5dd4c2b7ca1d3", "g"), -112.0)
    assert event.details == {
        "gateways": [
            {
                "gateway": "f8c5dd4c2b7ca1d3",
                "latitude": 45.764,
                "longitude": 4.8357,
                "name": "tall-plum-otter",
            }
        ]
    }


@pytest.mark.parametrize("text", ["", "north", None, "91", "nan"])
def test_a_gateway_that_is_nowhere_is_no_reason_to_refuse(text: Any) -> None:
    nowhere = {**HELIUM, "metadata": {**HELIUM["metadata"], "gateway_lat": text}}
    event = read({**UP, "rxInfo": [nowhere]})
    assert event.details == {}
    assert event.radio is not None
    assert event.radio.gateways == ("f8c5dd4c2b7ca1d3",)


@pytest.mark.parametrize(
    ("message", "event", "reason"),
    [
        (UP, "", "unknown_event"),
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
