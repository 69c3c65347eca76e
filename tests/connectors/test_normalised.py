"""Every request leaves a line, and every line is JSON that any language reads."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import networks
from connectors.normalised import lines
from streams.discover import discover
from streams.errors import Skip
from streams.uplinks import Event, Network, Radio, frame_id

KNOWN = discover(networks, Network)
FIELDS = {
    *("kind", "device_id", "f_port", "f_cnt", "payload", "observed_at", "event_id"),
    *("encrypted", "decoded", "radio"),
}


def saying(*events: Event) -> Network:
    return Network("n", lambda *_: True, lambda *_: events)


def only(event: Event) -> Mapping[str, Any]:
    (line,) = lines(saying(event), None, b"", {})
    return line


def test_an_uplink_is_told_whole() -> None:
    radio = Radio(("a", "b"), -35.5, 5.0, 7, 867_300_000)
    event = Event(
        "uplink", "D", "k", 1_500_000, 0, 0, "s", b"\x00\xff", decoded={"a": 0}, radio=radio
    )
    assert only(event) == {
        "kind": "uplink",
        "device_id": "D",
        "f_port": 0,
        "f_cnt": 0,
        "payload": "00ff",
        "observed_at": "1970-01-01T00:00:01.500000Z",
        "event_id": frame_id("n", "k").hex(),
        "encrypted": False,
        "decoded": {"a": 0},
        "radio": {
            "gateways": ("a", "b"),
            "rssi": -35.5,
            "snr": 5.0,
            "spreading_factor": 7,
            "frequency": 867_300_000,
        },
    }


def test_what_is_not_there_is_null_and_an_empty_payload_is_none() -> None:
    line = only(Event("join", "D", "k", 0))
    assert (line["f_port"], line["payload"], line["decoded"]) == (None, None, None)
    assert line["radio"]["gateways"] == ()
    assert only(Event("uplink", "D", "k", 0, payload=b""))["payload"] == ""


def test_copies_of_a_message_have_one_id_and_other_messages_another() -> None:
    first, copy, other = (
        only(Event("uplink", "D", k, at)) for k, at in (("k", 0), ("k", 9), ("l", 0))
    )
    assert first["event_id"] == copy["event_id"] != other["event_id"]


def test_a_number_that_became_infinite_does_not_break_the_line() -> None:
    line = only(Event("uplink", "D", "k", 0, decoded={"a": [1e999, False], "b": -1e999}))
    assert line["decoded"] == {"a": [None, False], "b": None}


def test_an_event_whose_time_cannot_be_written_is_refused_and_its_neighbours_are_not() -> None:
    events = (Event("uplink", "D", "k", 10**18), Event("uplink", "D", "l", 0))
    refused, kept = lines(saying(*events), None, b"", {})
    assert (refused["kind"], refused["reason"], kept["kind"]) == ("refused", "no_time", "uplink")


def test_a_refusal_and_a_request_that_says_nothing_are_lines() -> None:
    def refuse(*_: object) -> Sequence[Event]:
        raise Skip("encrypted", "no key")

    network = Network("n", lambda *_: True, refuse)
    assert lines(network, None, b"", {}) == [
        {"kind": "refused", "reason": "encrypted", "message": "no key"}
    ]
    (silent,) = lines(saying(), None, b"", {})
    assert (silent["kind"], silent["reason"]) == ("refused", "no_event")


@pytest.mark.parametrize("name", sorted(KNOWN))
@given(
    st.binary()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_body_leaves_lines_that_are_strict_json(name: str, body: bytes) -> None:
    told = lines(KNOWN[name], None, body, {"event": "up"})
    assert told
    for line in map(json.loads, (json.dumps(line, allow_nan=False) for line in told)):
        refused = line["kind"] == "refused"
        assert set(line) == ({"kind", "reason", "message"} if refused else FIELDS)


def test_what_the_server_measures_and_says_beside_is_told_where_there_is_any() -> None:
    line = only(
        Event("status", "D", "k", 0, measures={"battery_level": 0.0}, details={"margin": None})
    )
    assert (line["measures"], line["details"]) == ({"battery_level": 0.0}, {"margin": None})
    assert only(Event("join", "D", "k", 0)).keys() == FIELDS
