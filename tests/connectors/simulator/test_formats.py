"""The simulated requests are what the network servers' formats say, read by our own readers."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import networks
from connectors.simulator.formats import request, rfc3339
from connectors.simulator.plan import Frame, Plan, plan
from streams.discover import discover
from streams.uplinks import Event, Network, frame_id

NETWORKS = discover(networks, Network)
PLAN = plan(4, datetime(2026, 10, 23, tzinfo=UTC), 1, 8)


def _body(made: Plan, frame: Frame) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(request(made.seed, frame).body)
    return content


def _event(frame: Frame) -> Event:
    made = request(PLAN.seed, frame)
    (event,) = NETWORKS[frame.sensor.network].events(made.body, made.query)
    return event


def test_every_request_is_read_as_the_frame_it_carries() -> None:
    for frame in PLAN.frames:
        event = _event(frame)
        assert event.kind == "uplink"
        assert event.device == frame.sensor.eui
        assert event.observed_at == frame.observed_at
        assert event.port == frame.sensor.model.port
        assert event.counter == frame.counter
        assert event.payload == frame.payload
        assert not event.encrypted
        assert event.radio is not None
        assert len(event.radio.gateways) == 1
        assert event.radio.rssi is not None
        assert event.radio.snr is not None
        assert -120 < event.radio.rssi < -50
        assert event.radio.spreading_factor in range(7, 13)
        assert event.radio.frequency in (868_100_000, 868_300_000, 868_500_000)


def test_copies_are_the_same_bytes_and_different_frames_have_different_ids() -> None:
    bodies: dict[int, set[bytes]] = {}
    for post in PLAN.posts:
        bodies.setdefault(id(post.frame), set()).add(request(PLAN.seed, post.frame).body)
    assert all(len(copies) == 1 for copies in bodies.values())
    ids = Counter(frame_id(f.sensor.network, _event(f).dedup) for f in PLAN.frames)
    assert len(ids) == len(PLAN.frames)


def test_the_things_stack_leaves_out_zeros_and_chirpstack_its_counter_never() -> None:
    first = {f.sensor.network: _body(PLAN, f) for f in PLAN.frames if f.counter == 0}
    assert "f_cnt" not in first["tts"]["uplink_message"]
    assert first["chirpstack"]["fCnt"] == 0
    assert first["chirpstack"]["confirmed"] is False


def test_chirpstack_says_its_event_in_the_query_only() -> None:
    for frame in PLAN.frames[:50]:
        made = request(PLAN.seed, frame)
        wanted = {"event": "up"} if frame.sensor.network == "chirpstack" else {}
        assert made.query == wanted


@pytest.mark.parametrize(
    ("at", "nanoseconds", "zone", "text"),
    [
        (0, None, "Z", "1970-01-01T00:00:00.000000Z"),
        (1_793_000_000_000_001, 7, "+00:00", "2026-10-26T07:33:20.000001007+00:00"),
    ],
)
def test_instants_are_rfc_3339(at: int, nanoseconds: int | None, zone: str, text: str) -> None:
    assert rfc3339(at, nanoseconds, zone) == text
