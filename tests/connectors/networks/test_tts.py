"""The Things Stack's messages, written by hand after its documentation."""

import base64
import json
from typing import Any

import pytest

from connectors.networks.tts import TTS
from streams.errors import Skip
from streams.uplinks import Event, Radio

IDS = {
    "device_id": "jauge-12",
    "application_ids": {"application_id": "pav"},
    "dev_eui": "0004A30B001C0530",
    "join_eui": "800000000000000C",
    "dev_addr": "00BCB929",
}
UPLINK: dict[str, Any] = {
    "end_device_ids": IDS,
    "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
    "received_at": "2026-02-12T15:15:50.126856789Z",
    "uplink_message": {
        "session_key_id": "AXA50tHUQUucRzQrIjzOaA==",
        "f_port": 15,
        "f_cnt": 2,
        "frm_payload": "AQIAZA==",
        "decoded_payload": {"level": 1},
        "rx_metadata": [
            {"gateway_ids": {"gateway_id": "far", "eui": "B827EBFFFE87BD22"}, "rssi": -110},
            {"gateway_ids": {"eui": "B827EBFFFE87BD23"}, "rssi": -35, "snr": 5.2},
            {"gateway_ids": {"gateway_id": "far"}, "rssi": "-120", "snr": -9},
        ],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}},
            "frequency": "867300000",
        },
        "received_at": "2026-02-12T15:15:49.918402999Z",
    },
}


def read(message: dict[str, Any]) -> Event:
    (event,) = TTS.events(json.dumps(message).encode(), {})
    return event


def uplink(**fields: Any) -> Event:
    changed = {**UPLINK["uplink_message"], **fields}
    kept = {name: value for name, value in changed.items() if value is not None}
    return read({**UPLINK, "uplink_message": kept})


def test_uplink() -> None:
    assert read(UPLINK) == Event(
        kind="uplink",
        device="0004A30B001C0530",
        dedup="0004A30B001C0530/AXA50tHUQUucRzQrIjzOaA==/2",
        observed_at=1_770_909_349_918_402,
        port=15,
        counter=2,
        session="AXA50tHUQUucRzQrIjzOaA==",
        payload=b"\x01\x02\x00\x64",
        decoded={"level": 1},
        radio=Radio(("far", "B827EBFFFE87BD23"), -35.0, 5.2, 7, 867_300_000),
    )


def test_zero_values_that_are_left_out() -> None:
    event = uplink(f_cnt=None, rx_metadata=[{"gateway_ids": {"gateway_id": "g"}}])
    assert event.counter == 0
    assert event.dedup.endswith("/0")
    assert event.radio is not None
    assert (event.radio.rssi, event.radio.snr) == (0.0, 0.0)


def test_a_mask_may_strip_radio_port_payload_and_time_of_the_network_server() -> None:
    event = uplink(f_port=None, frm_payload=None, rx_metadata=None, settings=None, received_at=None)
    assert (event.port, event.payload, event.radio) == (None, None, None)
    assert event.observed_at == 1_770_909_350_126_856


def test_a_payload_without_bytes_is_a_payload() -> None:
    assert uplink(frm_payload="").payload == b""


def test_the_network_server_that_has_no_key_passes_it_on() -> None:
    event = uplink(app_s_key={"kek_label": "as", "encrypted_key": "AAAA"})
    assert event.encrypted
    assert event.payload is None


def test_rejoin_is_another_frame_and_a_copy_is_none() -> None:
    assert uplink(session_key_id="AAAA").dedup != uplink().dedup
    copy = {**UPLINK, "received_at": "2026-02-12T15:19:50Z", "correlation_ids": ["retry"]}
    assert read(copy).dedup == read(UPLINK).dedup


def test_without_a_session_two_frames_stay_two() -> None:
    first = uplink(session_key_id=None, f_cnt=None)
    second = uplink(session_key_id=None, f_cnt=None, received_at="2026-02-12T15:30:00Z")
    assert first.dedup != second.dedup
    assert first.session is None


def test_what_the_console_simulates_is_no_data() -> None:
    assert read({**UPLINK, "simulated": True}).kind == "other"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("join_accept", "join"),
        ("downlink_ack", "ack"),
        ("downlink_nack", "ack"),
        ("downlink_sent", "other"),
        ("downlink_failed", "error"),
        ("downlink_queued", "other"),
        ("downlink_queue_invalidated", "error"),
        ("location_solved", "location"),
        ("service_data", "other"),
    ],
)
def test_other_events_are_classified(name: str, kind: str) -> None:
    message = {"end_device_ids": IDS, "received_at": UPLINK["received_at"], name: {}}
    event = read(message)
    assert (event.kind, event.device, event.payload) == (kind, IDS["dev_eui"], None)


def said(name: str, content: Any) -> Event:
    return read({"end_device_ids": IDS, "received_at": UPLINK["received_at"], name: content})


def test_a_join_starts_a_session() -> None:
    event = said("join_accept", {"session_key_id": "AXBSH1Pk6Z0G166", "pending_session": True})
    assert event.session == "AXBSH1Pk6Z0G166"
    assert event.details == {
        "event": "join_accept",
        "dev_addr": "00BCB929",
        "join_eui": "800000000000000C",
        "pending": True,
    }


def test_a_key_that_comes_with_a_join_goes_nowhere() -> None:
    event = said("join_accept", {"app_s_key": {"key": "c2VjcmV0"}})
    assert "c2VjcmV0" not in json.dumps(event.details)


def test_what_became_of_a_downlink() -> None:
    assert said("downlink_ack", {"f_port": 15, "f_cnt": 11}).details == {
        "event": "downlink_ack",
        "acknowledged": True,
        "counter_down": 11,
        "port": 15,
    }
    assert said("downlink_nack", {"f_port": 15}).details["acknowledged"] is False
    assert said("downlink_nack", {"f_port": 15}).details["counter_down"] == 0
    assert "acknowledged" not in said("downlink_sent", {}).details


def test_why_a_downlink_failed() -> None:
    error = {"namespace": "pkg/ns", "name": "too_long", "message_format": "too long", "code": 3}
    event = said("downlink_failed", {"downlink": {"f_port": 2, "f_cnt": 4}, "error": error})
    assert event.kind == "error"
    assert event.details == {
        "event": "downlink_failed",
        "counter_down": 4,
        "port": 2,
        "code": "pkg/ns:too_long",
        "text": "too long",
    }


def test_where_a_service_found_the_device() -> None:
    location = {"latitude": 45.7, "accuracy": 12, "source": "SOURCE_LORA_TDOA_GEOLOCATION"}
    event = said("location_solved", {"service": "gls", "location": location})
    assert event.details == {
        "event": "location_solved",
        "service": "gls",
        "latitude": 45.7,
        "longitude": 0.0,
        "accuracy": 12.0,
        "source": "SOURCE_LORA_TDOA_GEOLOCATION",
    }


def test_what_a_service_says_is_kept_as_it_is() -> None:
    content = {"service": "x", "data": {"level": 0}}
    assert said("service_data", content).details["content"] == content
    assert said("device_moved", content).kind == "other"
    assert said("device_moved", content).details == {"event": "device_moved", "content": content}


def test_a_normalised_measurement_is_decoded_data() -> None:
    content = {**UPLINK["uplink_message"], "normalized_payload": {"air": {"temperature": 0}}}
    event = said("uplink_normalized", content)
    assert (event.kind, event.payload, event.counter) == ("uplink", None, 2)
    assert event.decoded == {"air": {"temperature": 0}}
    other = said("uplink_normalized", {**content, "normalized_payload": {"air": {}}})
    assert len({event.dedup, other.dedup, read(UPLINK).dedup}) == 3


@pytest.mark.parametrize(
    ("last", "measures"),
    [
        ({"f_cnt": 14, "value": 90.118576}, {"battery_level": 90.118576}),
        ({"value": 0}, {"battery_level": 0.0}),
        ({"f_cnt": 14}, {}),
        ({"value": 101}, {}),
        ("low", {}),
        (None, {}),
    ],
)
def test_the_battery_that_the_server_knows_last(last: Any, measures: Any) -> None:
    assert uplink(last_battery_percentage=last).measures == measures


def test_a_gateway_is_where_its_owner_says() -> None:
    located = {"gateway_ids": {"gateway_id": "roof"}, "location": {"latitude": 45.7, "altitude": 9}}
    nowhere = {"gateway_ids": {"gateway_id": "cellar"}, "location": {"source": "SOURCE_REGISTRY"}}
    assert uplink(rx_metadata=[located, nowhere]).details == {
        "gateways": [{"gateway": "roof", "latitude": 45.7, "longitude": 0.0, "altitude": 9.0}]
    }


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ([], "not_json"),
        ({}, "unknown_event"),
        ({**UPLINK, "end_device_ids": None}, "no_device"),
        ({**UPLINK, "end_device_ids": {"dev_eui": "0004A30B001C05"}}, "no_device"),
        ({**UPLINK, "join_accept": {}}, "unknown_event"),
        ({"end_device_ids": IDS, "received_at": "x", "uplink_normalized": {}}, "no_time"),
        ({**UPLINK, "uplink_message": None, "uplink_normalized": {}}, "unknown_event"),
        ({"end_device_ids": IDS, "uplink_message": {}}, "no_time"),
        ({**UPLINK, "uplink_message": {"frm_payload": "A"}}, "malformed"),
        ({**UPLINK, "uplink_message": {"frm_payload": 5}}, "malformed"),
        ({**UPLINK, "uplink_message": {"f_cnt": -1}}, "malformed"),
        ({**UPLINK, "uplink_message": {"f_cnt": True}}, "malformed"),
        ({**UPLINK, "uplink_message": {"f_port": 256}}, "malformed"),
    ],
)
def test_refused(message: Any, reason: str) -> None:
    with pytest.raises(Skip) as refused:
        read(message)
    assert refused.value.reason == reason


@pytest.mark.parametrize("eui", ["00-04-a3-0b-00-1c-05-30", "00:04:A3:0B:00:1C:05:30"])
def test_a_dev_eui_has_one_form(eui: str) -> None:
    assert read({**UPLINK, "end_device_ids": {"dev_eui": eui}}).device == IDS["dev_eui"]


def test_strange_radio_is_no_reason_to_refuse() -> None:
    event = uplink(rx_metadata=[{"gateway_ids": 1, "rssi": "?", "snr": [1]}, 5], settings=[])
    assert event.radio == Radio()


def test_numbers_may_be_strings() -> None:
    event = uplink(f_cnt="70000", f_port="15")
    assert (event.counter, event.port) == (70_000, 15)


def test_the_longest_payload_survives() -> None:
    payload = bytes(range(242))
    assert uplink(frm_payload=base64.b64encode(payload).decode()).payload == payload
