"""Decode: a request becomes frames or dead letters, never silence; with the real sandbox."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import connectors.networks
from streams.codecs.sandbox import sandbox
from streams.decode import JUMP, decode
from streams.discover import discover
from streams.errors import Retry
from streams.handler import Effects, Handler, Record
from streams.inventory import Codec, Device, Path, Property
from streams.registry import Declarations, Registry
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, READINGS
from streams.uplinks import Network
from streams.wire import RECORDS, Wire

WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda i: {}[i])
NETWORKS = discover(connectors.networks, Network)
NOW = 1_790_000_000_000_000
EUI = "70B3D57ED0001234"
SCRIPT = """
function decodeUplink(input) {
  if (input.fPort === 66) while (true) {}
  if (input.fPort === 67) throw new Error("broken");
  if (input.fPort === 68) return {errors: ["not mine"]};
  if (input.fPort === 69) return {data: {level: "full"}};
  if (input.fPort === 70) return {data: {level: null, door: false}};
  if (input.fPort === 71) return {data: {level: 1e300}};
  if (input.fPort === 72) return {data: {level: JSON.rawJSON("1" + "0".repeat(400))}};
  return {data: {level: input.bytes[0], deep: {temperature: input.bytes[1]}}};
}
"""


def _property(name: str) -> Property:
    return Property(id=name, title_fr=name, title_en=name, unit="1", resolution=0.1)


def declared() -> Registry:
    mapping = (
        Path(path="level", property="fill_level", scale=0.5),
        Path(path="deep.temperature", property="temperature", channel="1"),
        Path(path="door", property="door"),
    )
    registry = Registry()
    for name in ("fill_level", "temperature", "door"):
        registry = registry.having("property", name, _property(name))
    codec = Codec(id="gauge", script=SCRIPT, mapping=mapping)
    device = Device(id=EUI, name="x", codec="gauge", use_case="pav", nominal_period=900)
    return registry.having("codec", "gauge", codec).having("device", EUI, device)


def body(port: int = 1, payload: bytes = b"\x50\x00", eui: str = EUI, counter: int = 7) -> bytes:
    return json.dumps(
        {
            "end_device_ids": {"device_id": "d", "dev_eui": eui},
            "uplink_message": {
                "session_key_id": "AAAA",
                "f_port": port,
                "f_cnt": counter,
                "frm_payload": b64encode(payload).decode(),
                "received_at": "2026-09-21T14:13:20.123456789Z",
            },
        }
    ).encode()


def uplink(content: bytes, offset: int = 0, arrival: int = NOW, network: str = "tts") -> Record:
    record = {
        "request_id": f"r{offset}",
        "source": "s",
        "network": network,
        "arrival": arrival,
        "headers": {},
        "query": {},
        "body": content,
    }
    message = WIRE.encode("Uplink", record)
    return Record("t", 3, offset, EUI.encode(), message, (("trace", b"1"),), arrival // 1000)


def tick(at: int, offset: int = 0) -> Record:
    return Record("t", 3, offset, None, WIRE.encode("Tick", {"at": at}), (), at // 1000)


Handle = Callable[[Sequence[Record]], Effects]


@pytest.fixture(scope="module")
def handler() -> Iterator[Handler[None]]:
    with sandbox(Settings(codec_wall_max=1.0)) as run:
        registry = declared()
        same = Declarations(lambda: registry, lambda: registry)
        yield decode(WIRE, same, NETWORKS, run)


@pytest.fixture
def handle(handler: Handler[None]) -> Handle:
    return lambda records: handler.handle(None, 0, records)[0]


def frames(effects: Effects) -> list[dict[str, Any]]:
    found = [WIRE.decode(o.value) for o in effects.outputs if o.topic is READINGS]
    return [record for name, record in found if name == "Frame"]


def letters(effects: Effects) -> list[tuple[str, bytes | None]]:
    return [
        (dict(o.headers)["vigie.errors.reason"].decode(), o.value)
        for o in effects.outputs
        if o.topic is DEAD_LETTERS
    ]


def test_a_request_becomes_a_frame_with_all_that_made_it(handle: Handle) -> None:
    (frame,) = frames(handle([uplink(body())]))
    assert frame["device"] == EUI
    assert frame["observed_at"] == 1_790_000_000_123_456
    assert frame["arrival"] == NOW
    assert (frame["counter"], frame["port"], frame["codec"]) == (7, 1, "gauge")
    assert frame["codec_hash"] > 0
    assert [(m["property"], m["channel"], m["value"]) for m in frame["measures"]] == [
        ("fill_level", "", 40.0),
        ("temperature", "1", 0.0),
    ]


def test_copies_have_one_id_and_other_frames_another(handle: Handle) -> None:
    first, copy, other = frames(
        handle([uplink(body()), uplink(body(), 1, NOW + 5), uplink(body(counter=8), 2)])
    )
    assert first["frame_id"] == copy["frame_id"] != other["frame_id"]


def test_null_is_missing_and_false_is_a_value(handle: Handle) -> None:
    (frame,) = frames(handle([uplink(body(port=70))]))
    assert {m["property"]: m["value"] for m in frame["measures"]} == {
        "fill_level": None,
        "door": 0.0,
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (body(port=66), "codec_timeout"),
        (body(port=67), "codec_throws"),
        (body(port=68), "codec_errors"),
        (body(port=69), "value_type"),
        (body(port=71), "value_bounds"),
        (body(port=72), "value_bounds"),
        (body().replace(b"2026-09-21", b"2031-09-21"), "future"),
        (body(eui="70B3D57ED0009999"), "unknown_device"),
        (b"<html>", "not_json"),
        (b'{"surprise": {}}', "unknown_event"),
    ],
)
def test_what_cannot_be_decoded_is_a_letter_and_the_rest_flows(
    handle: Handle, content: bytes, reason: str
) -> None:
    bad = uplink(content, 1)
    effects = handle([uplink(body()), bad, uplink(body(counter=8), 2)])
    assert len(frames(effects)) == 2
    assert letters(effects) == [(reason, bad.value)]
    (letter,) = [o for o in effects.outputs if o.topic is DEAD_LETTERS]
    assert letter.key == bad.key
    assert ("trace", b"1") in letter.headers


def test_an_unknown_network_and_a_broken_record_are_letters(handle: Handle) -> None:
    effects = handle([uplink(body(), network="none"), Record("t", 3, 1, b"k", b"\1junk")])
    assert [reason for reason, _ in letters(effects)] == ["unknown_network", "wire_format"]


def test_a_tick_goes_on_behind_what_came_before_it(handle: Handle) -> None:
    effects = handle([uplink(body()), tick(NOW + 1, 1)])
    assert [WIRE.decode(o.value)[0] for o in effects.outputs] == ["Frame", "Tick"]
    assert effects.outputs[-1].partition == 3


def test_a_request_of_many_events_is_one_letter(handle: Handle) -> None:
    pack = [{"bn": "unknown:", "n": "t", "v": n, "t": 1_790_000_000 + n} for n in range(50)]
    effects = handle([uplink(json.dumps(pack).encode(), network="senml")])
    assert [reason for reason, _ in letters(effects)] == ["unknown_device"]
    assert effects.letters == 1


@pytest.mark.parametrize("missing", ["device", "codec", "property"])
def test_what_is_under_way_to_be_declared_is_waited_for(missing: str) -> None:
    asked = []
    early = Registry({kind: of for kind, of in declared().objects.items() if kind != missing})

    def fresh() -> Registry:
        asked.append(1)
        return declared()

    with sandbox(Settings(codec_wall_max=10.0)) as run:
        late = decode(WIRE, Declarations(lambda: early, fresh), NETWORKS, run)
        effects, _ = late.handle(None, 0, [uplink(body()), uplink(body(counter=8), 1)])
    assert len(frames(effects)) == 2
    assert len(asked) == 1


def test_a_leap_of_the_clock_waits_until_a_tick_confirms_it(handler: Handler[None]) -> None:
    leap = uplink(body(), arrival=NOW + JUMP + 1)
    with pytest.raises(Retry, match="no tick confirms"):
        handler.handle(None, NOW, [leap])
    for records in ([leap, tick(NOW + JUMP, 1)], [uplink(body(), arrival=NOW + JUMP)]):
        assert len(frames(handler.handle(None, NOW, records)[0])) == 1
    assert handler.handle(None, NOW, [leap, tick(NOW + 2 * JUMP, 1)])[1] == NOW + 2 * JUMP
    assert handler.handle(None, 0, [leap])[1] == NOW + JUMP + 1
