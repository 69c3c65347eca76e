"""Whose body it seems to be: the same device as its reader says, whatever else is in it."""

import json
from typing import Any

import pytest

from connectors import networks
from streams.discover import discover
from streams.inventory import Source
from streams.uplinks import Event, Network

FOUND = discover(networks, Network)
EUI = "0004A30B001C0530"
AT = "2026-02-12T15:15:49Z"
MAPPING = {"each": "m", "device": "$.who.imei", "decoded": "", "time": "t", "time_unit": "s"}
TABLE = {"time": "t", "format": "s"}

BODIES: list[tuple[str, Any, dict[str, Any]]] = [
    (
        "tts",
        {
            "end_device_ids": {"dev_eui": EUI},
            "received_at": AT,
            "uplink_message": {"decoded_payload": {"dev_eui": "another"}},
        },
        {},
    ),
    ("chirpstack", {"deduplicationId": "1", "time": AT, "deviceInfo": {"devEui": EUI.lower()}}, {}),
    ("thingpark", {"DevEUI_uplink": {"Time": AT, "DevEUI": EUI, "FCntUp": "1"}}, {}),
    ("kerlink", {"id": "1", "recvTime": 1770909349000, "endDevice": {"devEui": EUI}}, {}),
    ("loriot", {"cmd": "rx", "EUI": "00-04-a3-0b-00-1c-05-30", "ts": 1770909349000}, {}),
    (
        "liveobjects",
        {
            "streamId": f"urn:lo:nsid:lora:{EUI}",
            "timestamp": AT,
            "value": {"payload": "00"},
            "metadata": {"connector": "lora", "network": {"lora": {"devEUI": EUI}}},
        },
        {},
    ),
    (
        "liveobjects",
        {
            "streamId": "urn:lo:nsid:imei:860000000000001",
            "timestamp": AT,
            "value": {"v": 1},
            "metadata": {"source": "urn:lo:nsid:imei:860000000000001"},
        },
        {},
    ),
    ("senml", [{"bn": "urn:dev:ow:10e2073a01080063:", "bt": 1770909349, "v": 0}], {}),
    (
        "generic",
        {"who": {"imei": 860000000000001}, "m": [{"t": 1770909349 + n} for n in range(100)]},
        {"mapping": MAPPING},
    ),
    ("csv", "t,v\n1770909349,1\n", {"table": TABLE | {"device": "LOGGER-1"}}),
]


@pytest.mark.parametrize(("name", "said", "declared"), BODIES)
def test_it_is_the_device_of_the_events(name: str, said: Any, declared: dict[str, Any]) -> None:
    source = Source.model_validate({"id": "s", "network": name} | declared)
    body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
    network = FOUND[name]
    (device,) = {
        event.device
        for event in network.reader(source)(body, {"event": "up"})
        if isinstance(event, Event)
    }
    assert network.device(source, body) == device


@pytest.mark.parametrize("name", sorted(FOUND))
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'"dev_eui" : "!"', b'{"EUI": ""}'])
def test_a_body_that_names_none_is_nobody_s(name: str, body: bytes) -> None:
    assert FOUND[name].device(Source(id="s", network=name), body) is None


def test_a_table_of_several_devices_and_a_place_in_a_list_are_nobody_s() -> None:
    table = Source.model_validate(
        {"id": "s", "network": "csv", "table": TABLE | {"device_column": "d"}}
    )
    assert FOUND["csv"].device(table, b"t,d\n1770909349,a\n") is None
    mapping = Source.model_validate(
        {"id": "s", "network": "generic", "mapping": {"device": "who.0", "decoded": ""}}
    )
    assert FOUND["generic"].device(mapping, b'{"who": ["a"]}') is None
