"""Decode: a request becomes frames or dead letters, never silence; with the real sandbox."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import connectors.networks
from streams.codecs.call import Outcome
from streams.codecs.sandbox import sandbox
from streams.decode import JUMP, decode, frames_again
from streams.discover import discover
from streams.errors import Retry
from streams.handler import Effects, Handler, Record
from streams.inventory import Codec, Configuration, Device, Erasure, Path, Property, Source
from streams.registry import Declarations, Registry
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, EVENTS, READINGS
from streams.uplinks import UNTIMED, Event, Network
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


def test_a_codec_run_gets_the_frames_that_live_sends_and_those_that_came_to_nothing() -> None:
    """These take back what was said before."""
    other = "70B3D57ED0005678"
    known = declared().having("device", other, declared().get("device", EUI))
    records = [uplink(body(port), offset) for offset, port in enumerate((1, 67, 70))]
    records += [uplink(body(eui="70B3D57ED0009999"), 3), uplink(b"{", 4), uplink(body(eui=other))]
    with sandbox(Settings()) as run:
        live = decode(WIRE, Declarations(lambda: known, lambda: known), NETWORKS, run)
        sent = [f for f in frames(live.handle(None, 0, records)[0]) if f["device"] == EUI]
        how = WIRE, known, NETWORKS, run, records, 5
        found, dead = frames_again(*how, EUI.__eq__)
        everybody, of_all = frames_again(*how, lambda _: True)
    assert [len(frame["measures"]) for frame in found] == [2, 0, 2]
    assert all(frame.keys() == sent[0].keys() for frame in found)
    read = [WIRE.decode(WIRE.encode("Frame", frame))[1] for frame in found]
    assert [frame | {"decode_version": 0} for frame in read if frame["measures"]] == sent
    assert {frame["device"] for frame in everybody} == {EUI, other}
    assert (dead, of_all) == (2, 3)


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
        (b'{"surprise": {}}', "no_device"),
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


def test_what_nobody_declares_is_decoded_once() -> None:
    registry, runs = declared(), []

    def run(calls: Sequence[Any]) -> list[Any]:
        runs.append(len(calls))
        return [Outcome({"level": 1}) for _ in calls]

    same = Declarations(lambda: registry, lambda: registry)
    records = [uplink(body()), uplink(body(eui="70B3D57ED0009999"), 1)]
    effects, _ = decode(WIRE, same, NETWORKS, run).handle(None, 0, records)
    assert (len(frames(effects)), runs) == (1, [1])


def test_a_leap_of_the_clock_waits_until_a_tick_confirms_it(handler: Handler[None]) -> None:
    leap = uplink(body(), arrival=NOW + JUMP + 1)
    with pytest.raises(Retry, match="no tick confirms"):
        handler.handle(None, NOW, [leap])
    for records in ([leap, tick(NOW + JUMP, 1)], [uplink(body(), arrival=NOW + JUMP)]):
        assert len(frames(handler.handle(None, NOW, records)[0])) == 1
    assert handler.handle(None, NOW, [leap, tick(NOW + 2 * JUMP, 1)])[1] == NOW + 2 * JUMP
    assert handler.handle(None, 0, [leap])[1] == NOW + JUMP + 1


def test_a_frame_from_before_there_was_a_clock_is_a_letter(handle: Handle) -> None:
    effects = handle([uplink(body().replace(b"2026-09-21", b"1980-01-06"))])
    assert [reason for reason, _ in letters(effects)] == ["past"]


def test_a_dated_configuration_names_the_codec_of_its_time(handler: Handler[None]) -> None:
    at = "2026-09-21T14:13:20Z"
    other = Codec(id="other", decoded=True, mapping=())
    registry = declared().having("codec", "other", other)
    for n, span in enumerate(({"to": at}, {"from": at})):
        fields = {"id": f"k{n}", "device": EUI, "codec": ("other", "gauge")[n], **span}
        registry = registry.having("configuration", f"k{n}", Configuration.model_validate(fields))
    before = body().replace(b"14:13:20", b"14:13:19")
    with sandbox(Settings(codec_wall_max=10.0)) as run:
        dated = decode(WIRE, Declarations(lambda: registry, lambda: registry), NETWORKS, run)
        effects, _ = dated.handle(None, 0, [uplink(before), uplink(body(), 1)])
    assert [frame["codec"] for frame in frames(effects)] == ["gauge"]
    assert [reason for reason, _ in letters(effects)] == ["not_decoded"]


def _network(*events: Event) -> dict[str, Network]:
    """A network server that says these events, whatever the body."""
    return {"tts": Network("tts", lambda *_: True, lambda *_: events)}


def judged(registry: Registry, *events: Event) -> Effects:
    """What becomes of these events of one request."""
    never = AssertionError("no codec is asked")

    def run(calls: Sequence[Any]) -> list[Any]:
        if calls:
            raise never
        return []

    same = Declarations(lambda: registry, lambda: registry)
    return decode(WIRE, same, _network(*events), run).handle(None, 0, [uplink(b"")])[0]


def told(effects: Effects) -> list[dict[str, Any]]:
    return [WIRE.decode(o.value)[1] for o in effects.outputs if o.topic is EVENTS]


STATUS = Event("status", EUI, "s1", NOW, measures={"battery_level": 0.0, "unheard": 1.0})


def test_every_event_that_is_no_uplink_is_kept_with_what_it_says() -> None:
    kinds = ("join", "status", "ack", "location", "error", "other")
    details = {"reason": "épuisé", "gateway": None}
    events = [
        Event(kind, "70B3D57ED0009999", kind, NOW, counter=7, session="x", details=details)
        for kind in kinds
    ]
    effects = judged(Registry(), *events)
    assert letters(effects) == []
    assert [e["kind"] for e in told(effects)] == [*kinds]
    assert len({e["event_id"] for e in told(effects)}) == len(kinds)
    first = told(effects)[0]
    assert (first["device"], first["source"], first["request_id"]) == (events[0].device, "s", "r0")
    assert (first["observed_at"], first["arrival"]) == (NOW, NOW)
    assert (first["counter"], first["session"], first["measures"]) == (7, "x", {})
    assert json.loads(first["details"]) == details
    assert {o.key for o in effects.outputs} == {events[0].device.encode()}


def test_what_the_server_measured_of_a_declared_device_is_a_reading_too() -> None:
    registry = declared().having("property", "battery_level", _property("battery_level"))
    effects = judged(registry, STATUS)
    (event,), (frame,) = told(effects), frames(effects)
    assert event["measures"] == STATUS.measures
    assert (frame["frame_id"], frame["codec"], frame["codec_hash"]) == (event["event_id"], "", 0)
    assert [(m["property"], m["channel"], m["value"]) for m in frame["measures"]] == [
        ("battery_level", "network", 0.0)
    ]


@pytest.mark.parametrize("registry", [Registry(), declared()])
def test_nothing_that_is_not_declared_becomes_a_reading(registry: Registry) -> None:
    effects = judged(registry, STATUS)
    assert len(told(effects)) == 1
    assert frames(effects) == letters(effects) == []


def test_numbers_that_json_cannot_say_are_null_in_the_details() -> None:
    details = {"a": 1e400, "b": [-1e400, "NaN"]}
    (event,) = told(judged(Registry(), replace(STATUS, details=details)))
    assert json.loads(event["details"]) == {"a": None, "b": [None, "NaN"]}


def test_an_event_without_a_time_has_that_of_its_arrival() -> None:
    (event,) = told(judged(Registry(), replace(STATUS, observed_at=UNTIMED)))
    assert event["observed_at"] == NOW


@pytest.mark.parametrize(
    ("event", "codec", "outcome"),
    [
        (Event("uplink", EUI, "1", NOW, decoded={"level": 8}), {"decoded": True}, [4.0]),
        (Event("uplink", EUI, "1", NOW, decoded={"level": 0}), {"decoded": True}, [0.0]),
        (
            Event("uplink", EUI, "1", NOW, payload=b"\1", decoded={"level": 8}),
            {"decoded": True},
            [4.0],
        ),
        (Event("uplink", EUI, "1", NOW, payload=b"\1"), {"decoded": True}, "not_decoded"),
        (Event("uplink", EUI, "1", NOW, decoded={"level": 8}), {"script": SCRIPT}, "no_payload"),
        (Event("uplink", EUI, "1", NOW, decoded={"x": 1}), {"decoded": True}, "nothing_mapped"),
        (Event("uplink", EUI, "1", NOW, decoded={}), {"decoded": True}, []),
        (Event("uplink", EUI, "1", NOW), {"script": SCRIPT}, []),
        (Event("uplink", EUI, "1", NOW, encrypted=True), {"script": SCRIPT}, "encrypted"),
        (
            Event("uplink", EUI, "1", NOW, port=5, payload=b"\1"),
            {"script": SCRIPT, "ports": [6]},
            [],
        ),
    ],
)
def test_where_the_values_come_from(
    event: Event, codec: dict[str, Any], outcome: list[float] | str
) -> None:
    mapping = (Path(path="level", property="fill_level", scale=0.5),)
    registry = declared().having("codec", "gauge", Codec(id="gauge", mapping=mapping, **codec))
    effects = judged(registry, event)
    if isinstance(outcome, str):
        assert [reason for reason, _ in letters(effects)] == [outcome]
    else:
        (frame,) = frames(effects)
        assert [m["value"] for m in frame["measures"]] == outcome


def test_one_bad_item_is_a_letter_and_the_good_ones_are_readings() -> None:
    mapping = (Path(each="log", path="v", property="door", time="t", time_unit="s"),)
    codec = Codec(id="gauge", decoded=True, mapping=mapping)
    log = [{"t": 1_789_999_000, "v": 1}, {"t": 0, "v": 0}]
    effects = judged(
        declared().having("codec", "gauge", codec),
        Event("uplink", EUI, "1", NOW, decoded={"log": log}),
    )
    (frame,) = frames(effects)
    assert [(m["observed_at"], m["value"]) for m in frame["measures"]] == [
        (1_789_999_000_000_000, 1.0)
    ]
    assert [reason for reason, _ in letters(effects)] == ["item_time"]


def test_a_codec_in_python_decodes_like_any_other() -> None:
    mapping = (Path(path="temperature_3", property="temperature"),)
    codec = Codec(id="gauge", python="cayenne_lpp", mapping=mapping)
    registry = declared().having("codec", "gauge", codec)
    with sandbox(Settings(codec_wall_max=10.0)) as run:
        same = Declarations(lambda: registry, lambda: registry)
        effects, _ = decode(WIRE, same, NETWORKS, run).handle(
            None,
            0,
            [uplink(body(payload=bytes.fromhex("03670110"))), uplink(body(payload=b"\3"), 1)],
        )
    (frame,) = frames(effects)
    assert [m["value"] for m in frame["measures"]] == [27.2]
    assert [reason for reason, _ in letters(effects)] == ["codec_throws"]


def test_what_is_erased_is_passed_over_and_no_letter() -> None:
    other, unknown = "70B3D57ED0009999", "70B3D57ED0007777"
    registry = declared()
    device = registry.get("device", EUI)
    registry = registry.having("device", other, device.model_copy(update={"id": other}))
    for n, name in enumerate((EUI, unknown)):
        registry = registry.having("erasure", str(n), Erasure(id=str(n), device=name))
    with sandbox(Settings(codec_wall_max=1.0)) as run:
        same = Declarations(lambda: registry, lambda: registry)
        records = [uplink(body(eui=name), n) for n, name in enumerate((EUI, other, unknown))]
        effects, clock = decode(WIRE, same, NETWORKS, run).handle(None, 0, records)
    assert [frame["device"] for frame in frames(effects)] == [other]
    assert (effects.erased, effects.letters, clock) == (2, 0, NOW)


def test_a_row_of_a_table_that_cannot_be_read_is_a_letter_and_the_others_are_readings() -> None:
    table = {"time": "time", "device": EUI}
    source = Source.model_validate({"id": "s", "network": "csv", "table": table})
    codec = Codec(id="gauge", decoded=True, mapping=(Path(path="level", property="fill_level"),))
    registry = declared().having("source", "s", source).having("codec", "gauge", codec)
    rows = b"2026-09-21T14:00:00Z,1\ntomorrow,2\n2026-09-21T14:10:00Z,3\n"
    same = Declarations(lambda: registry, lambda: registry)
    handler = decode(WIRE, same, NETWORKS, lambda _: [])
    record = uplink(b"time,level\n" + rows, network="csv")
    effects, _ = handler.handle(None, 0, [record])
    assert [f["measures"][0]["value"] for f in frames(effects)] == [1.0, 3.0]
    assert letters(effects) == [("no_time", record.value)]


def test_a_message_without_a_time_has_that_of_its_arrival() -> None:
    mapping = {"device": "eui", "payload": "data", "port": "port"}
    meters = Source.model_validate({"id": "s", "network": "generic", "mapping": mapping})
    registry = declared().having("source", "s", meters)
    content = json.dumps({"eui": EUI, "data": "5000", "port": 1}).encode()
    decoder = decode(
        WIRE,
        Declarations(lambda: registry, lambda: registry),
        NETWORKS,
        lambda calls: [Outcome({"level": 2}) for _ in calls],
    )
    records = [uplink(content, i, NOW + i, "generic") for i in (0, 1, 1)]
    found = frames(decoder.handle(None, 0, records)[0])
    assert [frame["observed_at"] for frame in found] == [NOW, NOW + 1, NOW + 1]
    # Each arrival is a frame of its own; a record that is read twice is not.
    assert found[0]["frame_id"] != found[1]["frame_id"] == found[2]["frame_id"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
OBJECT = st.dictionaries(st.sampled_from(["level", "deep", "door", "x"]), JSON)
EVENTS_OF_ANY_KIND = st.builds(
    Event,
    st.sampled_from(["uplink", "join", "status", "ack", "location", "error", "other"]),
    st.sampled_from([EUI, "70B3D57ED0009999"]),
    st.text(max_size=4),
    st.integers(UNTIMED, 1 << 63) | st.integers(NOW - 10, NOW + 10),
    port=st.none() | st.integers(0, 255),
    counter=st.none() | st.integers(0, (1 << 32) - 1),
    session=st.none() | st.text(max_size=4),
    encrypted=st.booleans(),
    decoded=st.none() | OBJECT,
    measures=st.dictionaries(st.sampled_from(["fill_level", "unheard"]), st.floats()),
    details=OBJECT,
)


@given(EVENTS_OF_ANY_KIND)
def test_any_event_is_a_record_or_a_letter(event: Event) -> None:
    codec = declared().get("codec", "gauge").model_copy(update={"script": "", "decoded": True})
    effects = judged(declared().having("codec", "gauge", codec), event)
    assert effects.outputs
    assert len(frames(effects)) + len(told(effects)) + len(letters(effects)) == len(effects.outputs)
    assert bool(told(effects)) <= (event.kind != "uplink")
    for one in told(effects):
        json.loads(one["details"], parse_constant=pytest.fail)
