"""ThingPark's reports, written by hand after Actility's documentation."""

import json
from typing import Any

import pytest

from connectors.networks.thingpark import THINGPARK
from streams.errors import Skip
from streams.uplinks import Event, Radio

UPLINK: dict[str, Any] = {
    "Time": "2026-02-12T16:15:49.918+01:00",
    "DevEUI": "0004A30B001C0530",
    "FPort": 15,
    "FCntUp": 7011,
    "ADRbit": 1,
    "MType": 4,
    "FCntDn": 11,
    "payload_hex": "01020064",
    "mic_hex": "38e7a3b9",
    "Lrcid": "00000065",
    "LrrRSSI": -60.0,
    "LrrSNR": 9.75,
    "SpFact": 7,
    "SubBand": "G1",
    "DevLrrCnt": 2,
    "Lrrid": "08040059",
    "Late": 0,
    "LrrLAT": 45.76,
    "LrrLON": 4.84,
    "Lrrs": {
        "Lrr": [
            {"Lrrid": "08040059", "Chain": 0, "LrrRSSI": -60.0, "LrrSNR": 9.75, "LrrESP": -59.0},
            {"Lrrid": "33d13a41", "Chain": 0, "LrrRSSI": -73.0, "LrrSNR": 10.25, "LrrESP": -72.0},
        ]
    },
    "CustomerID": "100000507",
    "DevAddr": "0405F519",
    "Frequency": 868.1,
}
AT = 1_770_909_349_918_000


def untyped(value: Any) -> Any:
    """The same as the untyped JSON of a connection writes it."""
    if isinstance(value, dict):
        return {name: untyped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [untyped(inner) for inner in value]
    return str(value)


def read(content: dict[str, Any], name: str = "DevEUI_uplink") -> Event:
    (event,) = THINGPARK.events(json.dumps({name: content}).encode(), {})
    assert isinstance(event, Event)
    json.dumps(event.details, allow_nan=False)
    return event


def uplink(**changed: Any) -> Event:
    return read({k: v for k, v in {**UPLINK, **changed}.items() if v is not None})


def test_uplink() -> None:
    assert uplink() == Event(
        kind="uplink",
        device="0004A30B001C0530",
        dedup="0004A30B001C0530/7011/38e7a3b9",
        observed_at=AT,
        port=15,
        counter=7011,
        session="0405F519",
        payload=b"\x01\x02\x00\x64",
        radio=Radio(("08040059", "33d13a41"), -60.0, 10.25, 7, 868_100_000),
        details={"gateways": [{"gateway": "08040059", "latitude": 45.76, "longitude": 4.84}]},
    )


def test_untyped_is_the_same() -> None:
    assert read(untyped(UPLINK)) == uplink()


def test_a_single_gateway_may_stand_alone() -> None:
    assert uplink(Lrrs=None).radio == Radio(("08040059",), -60.0, 9.75, 7, 868_100_000)
    alone = UPLINK["Lrrs"]["Lrr"][1]
    assert uplink(Lrrs={"Lrr": alone}).radio == Radio(("33d13a41",), -73.0, 10.25, 7, 868_100_000)


def test_a_late_frame_has_the_time_at_which_a_gateway_received_it() -> None:
    event = uplink(Late="1", Time="2026-02-10T01:00:00+01:00")
    assert event.observed_at == 1_770_681_600_000_000
    assert event.details["late"] is True


def test_zero_survives() -> None:
    event = uplink(FPort=0, FCntUp="0", payload_hex="", LrrRSSI=0, LrrSNR=0, Lrrs=None)
    assert (event.port, event.counter, event.payload) == (0, 0, b"")
    assert event.radio is not None
    assert (event.radio.rssi, event.radio.snr) == (0.0, 0.0)


def test_a_rejoin_is_another_frame_and_a_copy_is_none() -> None:
    assert uplink(mic_hex="00000000").dedup != uplink().dedup
    assert uplink(mic_hex="38E7A3B9", Lrrid="33d13a41", Late=1).dedup == uplink().dedup
    assert uplink(mic_hex=None).dedup == "0004A30B001C0530/7011/0405f519"


def test_without_counter_or_code_time_and_payload_tell_frames_apart() -> None:
    bare = uplink(mic_hex=None, DevAddr=None)
    assert bare.dedup == uplink(mic_hex=None, DevAddr=None, LrrRSSI=-1).dedup
    assert bare.dedup != uplink(mic_hex=None, DevAddr=None, payload_hex="00").dedup
    assert uplink(FCntUp=None).dedup != uplink(FCntUp=None, Time=UPLINK["Time"][:-6] + "Z").dedup


def test_a_payload_whose_key_comes_sealed_is_not_decoded() -> None:
    event = uplink(AppSKey="38b1a2d0f1c94a0e8d3c6a1b2c3d4e5f")
    assert (event.encrypted, event.payload) == (True, None)


def test_what_a_driver_decoded_is_kept_beside_the_payload() -> None:
    event = uplink(payload={"level": 0, "full": False})
    assert event.decoded == {"level": 0, "full": False}
    assert event.payload == b"\x01\x02\x00\x64"


def test_a_join_request_is_no_data() -> None:
    event = read(
        {
            "Time": UPLINK["Time"],
            "DevEUI": UPLINK["DevEUI"],
            "MType": "0",
            "rawJoinRequest": "00aabb",
            "Spfact": 12,
        }
    )
    assert (event.kind, event.payload, event.counter) == ("join", None, None)
    assert event.details == {"event": "DevEUI_uplink", "join_request": "00aabb"}


def notified(**said: Any) -> Event:
    content = {"Time": UPLINK["Time"], "DevEUI": UPLINK["DevEUI"], **said}
    return read(content, "DevEUI_notification")


def test_a_join_starts_a_session() -> None:
    event = notified(Type="join", DevAddr="007E074F", FCntDn="0")
    assert (event.kind, event.session, event.observed_at) == ("join", "007E074F", AT)
    assert event.details["dev_addr"] == "007E074F"


@pytest.mark.parametrize(
    ("battery", "margin", "measures"),
    [
        ("1", "0", {"battery_level": 0.0, "link_margin": 0.0}),
        ("254", "-32", {"battery_level": 100.0, "link_margin": -32.0}),
        (0, 31, {"link_margin": 31.0}),
        (255, None, {}),
        ("256", "32", {}),
        ("admin_reset", [], {}),
    ],
)
def test_the_status_that_a_device_answers(battery: Any, margin: Any, measures: Any) -> None:
    event = notified(Type="devstatusans", Var1=battery, Var2=margin)
    assert (event.kind, event.measures) == ("status", measures)
    assert event.details["var1"] == battery


def test_a_reset_measures_nothing() -> None:
    event = notified(Type="reset", Var1="100")
    assert (event.kind, event.measures) == ("status", {})
    assert event.details == {"event": "DevEUI_notification", "type": "reset", "var1": "100"}


def test_a_downlink_that_was_sent() -> None:
    event = read(
        {
            "Time": UPLINK["Time"],
            "DevEUI": UPLINK["DevEUI"],
            "FPort": "2",
            "FCntDn": "22",
            "Lrrid": "0000000a",
            "DeliveryStatus": "0",
            "DeliveryFailedCause1": "A3",
            "DeliveryFailedCause2": "",
            "CorrelationID": "4434704901C7450B",
        },
        "DevEUI_downlink_Sent",
    )
    assert event.kind == "ack"
    assert event.details == {
        "event": "DevEUI_downlink_Sent",
        "acknowledged": False,
        "counter_down": 22,
        "port": 2,
        "gateway": "0000000a",
        "causes": {"DeliveryFailedCause1": "A3"},
        "correlation": "4434704901C7450B",
    }


def test_a_location_that_the_network_worked_out() -> None:
    said = {"DevLAT": "45.76", "DevLON": "0", "DevAlt": "0.0", "DevLocTime": UPLINK["Time"]}
    content = {"Time": UPLINK["Time"], "DevEUI": UPLINK["DevEUI"], **said}
    event = read(content, "DevEUI_location")
    assert event.kind == "location"
    assert event.details["latitude"] == 45.76
    assert (event.details["longitude"], event.details["altitude"]) == (0.0, 0.0)
    nowhere = read({**content, "DevLAT": "", "DevLON": "x"}, "DevEUI_location")
    assert "latitude" not in nowhere.details


def test_a_report_of_another_name_is_kept_as_it_is() -> None:
    content = {"Time": UPLINK["Time"], "DevEUI": UPLINK["DevEUI"], "Rate": 0}
    event = read(content, "DevEUI_multicast_summary")
    assert (event.kind, event.details["content"]) == ("other", content)


@pytest.mark.parametrize(
    ("message", "reason", "said"),
    [
        ([], "not_json", ""),
        ({}, "unknown_event", "sendRawDecodedFormat"),
        ({"temperature": 21.5}, "unknown_event", "sendRawDecodedFormat"),
        ({"DevEUI_uplink": None}, "unknown_event", ""),
        ({"DevEUI_uplink": UPLINK, "DevEUI_location": UPLINK}, "unknown_event", ""),
        ({"DevEUI_uplink": {**UPLINK, "DevEUI": 4}}, "no_device", ""),
        ({"DevEUI_uplink": {**UPLINK, "Time": "2026-02-12T16:15:49"}}, "no_time", "Time"),
        ({"DevEUI_uplink": {**UPLINK, "payload_hex": "012"}}, "malformed", "payload_hex"),
        ({"DevEUI_uplink": {**UPLINK, "FCntUp": "-1"}}, "malformed", "FCntUp"),
        ({"DevEUI_uplink": {**UPLINK, "FCntUp": "4294967296"}}, "malformed", "FCntUp"),
        ({"DevEUI_uplink": {**UPLINK, "FPort": "256"}}, "malformed", "FPort"),
        ({"DevEUI_uplink": {**UPLINK, "MType": "x"}}, "malformed", "MType"),
    ],
)
def test_refused(message: Any, reason: str, said: str) -> None:
    with pytest.raises(Skip, match=said or None) as refused:
        THINGPARK.events(json.dumps(message).encode(), {})
    assert refused.value.reason == reason
