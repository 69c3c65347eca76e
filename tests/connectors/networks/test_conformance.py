"""What every network server's format must do, found and not listed."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import networks
from streams.discover import discover
from streams.errors import Skip
from streams.uplinks import UNTIMED, Event, Kind, Network, Request, frame_id

FOUND = discover(networks, Network)

_NAMES = """
    end_device_ids dev_eui received_at uplink_message uplink_normalized normalized_payload
    join_accept downlink_ack downlink_failed downlink error location_solved service_data
    session_key_id f_cnt f_port frm_payload app_s_key rx_metadata gateway_ids gateway_id rssi snr
    settings data_rate lora spreading_factor frequency decoded_payload simulated
    last_battery_percentage value location latitude longitude altitude accuracy
    deduplicationId time deviceInfo devEui devAddr fCnt fPort data object rxInfo gatewayId txInfo
    modulation spreadingFactor joinServerContext metadata gateway_lat gateway_long margin
    batteryLevel externalPowerSource
    DevEUI_uplink DevEUI_notification DevEUI_downlink_Sent DevEUI_location DevEUI Time FPort FCntUp
    FCntDn MType payload_hex mic_hex DevAddr Lrrs Lrr Lrrid LrrRSSI LrrLAT LrrLON Late AppSKey
    CustomerID Type Var1 Var2 DeliveryStatus DevLAT DevLON
    endDevice payload encodingType recvTime gwRecvTime delayed encrypted gwInfo gwEui fCntUp
    dataDownId cmd EUI ts bat fcnt port encdata gws gweui lat lon seqdn type
    streamId timestamp source connector network devEUI messageType ack
    bn bt n v vs vb t s
"""
NAMES = st.sampled_from(_NAMES.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["0004A30B001C0530", "2026-02-12T15:15:49.918402999Z", "AQI=", "1e400", "9" * 400]
    )
)
MESSAGES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)
EUI = "0004A30B001C0530"
NOW = "2026-02-12T15:15:49Z"
CONTENTS = st.dictionaries(NAMES, MESSAGES, max_size=8)
THINGPARK = st.fixed_dictionaries({"DevEUI": st.just(EUI), "Time": st.just(NOW)}).flatmap(
    lambda known: CONTENTS.map(lambda said: {**said, **known})
)
PLAUSIBLE = st.one_of(
    st.fixed_dictionaries(
        {
            "end_device_ids": st.just({"dev_eui": EUI}),
            "deviceInfo": st.just({"devEui": EUI}),
            "received_at": st.just(NOW),
            "time": st.just(NOW),
        },
        optional={
            "uplink_message": CONTENTS,
            **dict.fromkeys(
                ("deduplicationId", "rxInfo", "txInfo", "fCnt", "data", "object", "devAddr"),
                MESSAGES,
            ),
        },
    ),
    st.sampled_from(
        ["join_accept", "downlink_failed", "location_solved", "uplink_normalized", "service_data"]
    ).flatmap(
        lambda name: st.fixed_dictionaries(
            {
                "end_device_ids": st.just({"dev_eui": EUI}),
                "received_at": st.just(NOW),
                name: CONTENTS | MESSAGES,
            }
        )
    ),
    st.sampled_from(
        ["DevEUI_uplink", "DevEUI_notification", "DevEUI_downlink_Sent", "DevEUI_location"]
    ).flatmap(lambda name: st.fixed_dictionaries({name: THINGPARK | CONTENTS})),
    CONTENTS.map(lambda said: {"recvTime": 1, **said, "endDevice": {"devEui": EUI}}),
    CONTENTS.map(lambda said: {"cmd": "rx", **said, "EUI": EUI, "ts": 1}),
    CONTENTS.map(
        lambda said: {
            "metadata": {"network": {"lora": said}},
            "value": said,
            **said,
            "streamId": f"urn:lo:nsid:lora:{EUI}",
            "timestamp": NOW,
        }
    ),
    st.lists(CONTENTS.map(lambda said: {"bn": "urn:dev:1", "bt": 1e9, **said}), max_size=4),
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "event": st.sampled_from(["up", "join", "log", "status", "ack", "location", "new"])
        | st.text(max_size=5),
        "Time": st.just(NOW) | st.text(max_size=30),
        "Token": st.text(max_size=70),
    },
)


def checked(network: Network, body: bytes, query: Mapping[str, str]) -> None:
    try:
        events = network.events(body, query)
    except Skip as e:
        assert e.reason.isidentifier()  # noqa: PT017
        return
    for event in events:
        if isinstance(event, Skip):
            assert event.reason.isidentifier()
        else:
            assert_sound(network, event)


def assert_sound(network: Network, event: Event) -> None:
    """What everything behind a parser relies on."""
    assert len(frame_id(network.name, event.dedup)) == 16
    assert event.kind in get_args(Kind)
    assert event.device
    assert event.device.encode()
    assert event.observed_at == UNTIMED or -(1 << 62) < event.observed_at < 1 << 62
    assert event.port is None or 0 <= event.port <= 255
    assert event.counter is None or 0 <= event.counter < 1 << 32
    assert event.payload is None or isinstance(event.payload, bytes)
    assert not (event.encrypted and event.payload is not None)
    assert event.session is None or isinstance(event.session, str)
    json.dumps(event.decoded, allow_nan=True, ensure_ascii=False).encode()
    json.dumps(event.details, allow_nan=False, ensure_ascii=False).encode()
    assert set(event.measures) <= {"battery_level", "link_margin"}
    assert all(math.isfinite(value) for value in event.measures.values())
    assert 0 <= event.measures.get("battery_level", 0) <= 100
    asdict(event)


@pytest.mark.parametrize("name", FOUND)
@given(body=st.binary(max_size=100), query=QUERIES)
def test_any_bytes_are_events_or_skipped(name: str, body: bytes, query: dict[str, str]) -> None:
    checked(FOUND[name], body, query)


@pytest.mark.parametrize("name", FOUND)
@given(message=MESSAGES | PLAUSIBLE, query=QUERIES)
def test_any_json_is_events_or_skipped(name: str, message: Any, query: dict[str, str]) -> None:
    checked(FOUND[name], json.dumps(message).encode(), query)


@pytest.mark.parametrize("name", FOUND)
@given(
    body=st.binary(max_size=60) | PLAUSIBLE.map(lambda value: json.dumps(value).encode()),
    query=QUERIES,
    headers=st.dictionaries(
        st.sampled_from(["x-vigie-secret", "authorization"]), st.text(max_size=30)
    ),
    at=st.integers(-(1 << 62), 1 << 62),
)
def test_who_does_not_know_the_secret_stays_out(
    name: str, body: bytes, query: dict[str, str], headers: dict[str, str], at: int
) -> None:
    shown = Request(headers, query, body, at)
    assert FOUND[name].authentic(shown, "of 31 characters that nobody has") is False
    assert FOUND[name].authentic(shown, "") is False


@pytest.mark.parametrize("name", FOUND)
def test_only_the_secret_admits(name: str) -> None:
    assert not FOUND[name].authentic(Request(), "right")
    assert not FOUND[name].authentic(Request({"x-vigie-secret": "wrong"}), "right")


def test_all_are_found() -> None:
    named = "tts chirpstack thingpark liveobjects kerlink loriot senml generic csv"
    assert set(named.split()) <= set(FOUND)
