"""What every network server's format must do, found and not listed."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import networks
from streams.discover import discover
from streams.errors import Skip
from streams.uplinks import Event, Network, Request, frame_id

FOUND = discover(networks, Network)

NAMES = st.sampled_from(
    [
        "end_device_ids",
        "dev_eui",
        "received_at",
        "uplink_message",
        "join_accept",
        "session_key_id",
        "f_cnt",
        "f_port",
        "frm_payload",
        "app_s_key",
        "rx_metadata",
        "gateway_ids",
        "gateway_id",
        "rssi",
        "snr",
        "settings",
        "data_rate",
        "lora",
        "spreading_factor",
        "frequency",
        "decoded_payload",
        "simulated",
        "deduplicationId",
        "time",
        "deviceInfo",
        "devEui",
        "devAddr",
        "fCnt",
        "fPort",
        "data",
        "object",
        "rxInfo",
        "gatewayId",
        "txInfo",
        "modulation",
        "spreadingFactor",
        "joinServerContext",
    ]
)
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
PLAUSIBLE = st.fixed_dictionaries(
    {
        "end_device_ids": st.just({"dev_eui": "0004A30B001C0530"}),
        "deviceInfo": st.just({"devEui": "0004A30B001C0530"}),
        "received_at": st.just("2026-02-12T15:15:49Z"),
        "time": st.just("2026-02-12T15:15:49Z"),
        "uplink_message": st.dictionaries(NAMES, MESSAGES, max_size=8),
    },
    optional=dict.fromkeys(
        ("deduplicationId", "rxInfo", "txInfo", "fCnt", "data", "object", "devAddr"), MESSAGES
    ),
)
QUERIES = st.fixed_dictionaries(
    {}, optional={"event": st.sampled_from(["up", "join", "log"]) | st.text(max_size=5)}
)


def checked(network: Network, body: bytes, query: Mapping[str, str]) -> None:
    try:
        events = network.events(body, query)
    except Skip as e:
        assert e.reason.isidentifier()  # noqa: PT017
        return
    for event in events:
        assert_sound(network, event)


def assert_sound(network: Network, event: Event) -> None:
    assert len(frame_id(network.name, event.dedup)) == 16
    assert event.device
    assert event.device.encode()
    assert -(1 << 62) < event.observed_at < 1 << 62
    assert event.port is None or 0 <= event.port <= 255
    assert not (event.encrypted and event.payload is not None)
    json.dumps(event.decoded, allow_nan=True, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", FOUND)
@given(body=st.binary(max_size=100), query=QUERIES)
def test_any_bytes_are_events_or_skipped(name: str, body: bytes, query: dict[str, str]) -> None:
    checked(FOUND[name], body, query)


@pytest.mark.parametrize("name", FOUND)
@given(message=MESSAGES | PLAUSIBLE, query=QUERIES)
def test_any_json_is_events_or_skipped(name: str, message: Any, query: dict[str, str]) -> None:
    checked(FOUND[name], json.dumps(message).encode(), query)


@pytest.mark.parametrize("name", FOUND)
def test_only_the_secret_admits(name: str) -> None:
    assert not FOUND[name].authentic(Request(), "right")
    assert not FOUND[name].authentic(Request({"x-vigie-secret": "wrong"}), "right")


def test_all_are_found() -> None:
    assert {"tts", "chirpstack", "liveobjects", "kerlink", "loriot", "senml"} <= set(FOUND)
