"""Avro on the wire: what goes in comes out, and nothing from outside can break a reader."""

import io
import json

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Skip
from streams.resources import AVRO
from streams.wire import RECORDS, Wire, schema_from, schemas

INSTANT = st.integers(-(2**53), 2**53)
NUMBER = st.none() | st.floats(allow_nan=False)
WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda i: {}[i])

OBSERVATION = st.fixed_dictionaries(
    {
        "device": st.text(),
        "property": st.text(),
        "channel": st.text(),
        "observed_at": INSTANT,
        "revision": INSTANT,
        "is_deleted": st.booleans(),
        "frame_id": st.none() | st.binary(min_size=16, max_size=16),
        "arrival": st.none() | INSTANT,
        "raw": NUMBER,
        "value": NUMBER,
        "unit": st.text(),
        "flag": st.sampled_from([1, 2, 3, 4, 9]),
        "tests": st.dictionaries(st.text(), st.sampled_from([1, 2, 3, 4, 9])),
        "provisional": st.booleans(),
        "calibrations": st.lists(st.text()),
        "config_version": INSTANT,
        "decode_version": INSTANT,
        "codec_hash": INSTANT,
        "counter": st.none() | INSTANT,
        "payload_size": st.none() | st.integers(0, (1 << 31) - 1),
        "clock_offset": NUMBER,
    }
)


def outcome(message: bytes) -> str:
    """The record's name, or the reason why there is none."""
    try:
        return WIRE.decode(message)[0]
    except Skip as why:
        return why.reason


@given(OBSERVATION)
def test_an_observation_comes_back_as_it_went(record: dict[str, object]) -> None:
    assert WIRE.decode(WIRE.encode("Observation", record)) == ("Observation", record)


def test_instants_are_microseconds_for_whoever_reads_with_logical_types() -> None:
    body = WIRE.encode("Tick", {"at": 1_790_000_000_123_456})[5:]
    text = json.loads((AVRO / "tick.avsc").read_text())
    read = fastavro.schemaless_reader(io.BytesIO(body), text, None)
    assert read["at"].isoformat() == "2026-09-21T14:13:20.123456+00:00"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_a_skip(message: bytes) -> None:
    assert outcome(message) in {*RECORDS, "wire_format", "unknown_schema", "avro"}


@given(st.sampled_from(RECORDS), st.binary(max_size=200))
def test_any_body_of_a_known_schema_is_a_record_or_a_skip(name: str, body: bytes) -> None:
    message = b"\0" + WIRE.ids[name].to_bytes(4, "big") + body
    assert outcome(message) in {name, "avro"}


def test_a_message_of_an_earlier_version_is_read_with_todays_schema() -> None:
    later = json.loads(schemas()["Observation"].text)
    later["fields"].append({"name": "added", "type": "string", "default": ""})
    writer = schema_from(json.dumps(later))
    wire = Wire(WIRE.ids, {99: writer.text}.__getitem__)
    out = io.BytesIO()
    row = {"device": "D", "property": "p", "channel": "", "observed_at": 1, "revision": 2}
    fastavro.schemaless_writer(out, writer.parsed, row | {"added": "x"})
    name, record = wire.decode(b"\0" + (99).to_bytes(4, "big") + out.getvalue())
    assert name == "Observation"
    assert record["revision"] == 2
    assert "added" not in record


def test_a_null_message_is_skipped_not_a_crash() -> None:
    with pytest.raises(Skip, match="magic byte"):
        WIRE.decode(None)


@pytest.mark.parametrize(
    "text", ['"string"', '["null", "string"]', '{"type": "record", "name": "Tick", "fields": []}']
)
def test_a_schema_that_is_not_ours_is_a_skip(text: str) -> None:
    wire = Wire(WIRE.ids, {99: text}.__getitem__)
    with pytest.raises(Skip) as why:
        wire.decode(b"\0" + (99).to_bytes(4, "big") + b"\0")
    assert why.value.reason in {"unknown_schema", "avro"}
