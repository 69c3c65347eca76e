"""Messages become rows or dead letters, one by one, and never take each other along."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.store.rows import TOPICS, Message, rows
from connectors.store.tables import SCHEMAS
from streams.dead_letters import headers
from streams.errors import Retry
from streams.wire import Wire, schemas
from tests.connectors.store.records import START, declaration, device_event, observation, window


def _absent(schema_id: int) -> str:
    raise KeyError(schema_id)


WIRE = Wire({name: i for i, name in enumerate(schemas(), 1)}, _absent)


def _message(topic: str, name: str, record: dict[str, Any], offset: int = 0) -> Message:
    return Message(topic, 1, offset, b"A", WIRE.encode(name, record), 9_000)


def test_a_judged_record_is_the_row() -> None:
    sent = observation()
    [row] = (
        rows([_message("observations", "Observation", sent)], WIRE)
        .tables["observations"]
        .to_pylist(maps_as_pydicts="strict")
    )
    assert row["observed_at"].timestamp() * 1e6 == sent["observed_at"]
    same = sent.keys() - {"observed_at", "arrival"}
    assert {k: row[k] for k in same} == {k: sent[k] for k in same}


def test_an_alert_that_leaves_its_topic_is_no_row_and_no_dead_letter() -> None:
    found = rows([Message("alerts", 1, 0, b"id", None, 9_000)], WIRE)
    assert not any(len(table) for table in found.tables.values())


def test_the_columns_are_the_fields_of_the_records() -> None:
    for table, name in (
        ("observations", "Observation"),
        ("windows", "Window"),
        ("device_events", "DeviceEvent"),
    ):
        assert set(SCHEMAS[table].names) == {f["name"] for f in schemas()[name].parsed["fields"]}


def test_zero_false_and_null_are_values() -> None:
    sent = observation(value=0.0, raw=None, frame_id=None, arrival=None, tests={}, revision=0)
    [row] = (
        rows([_message("observations", "Observation", sent)], WIRE)
        .tables["observations"]
        .to_pylist(maps_as_pydicts="strict")
    )
    assert (row["value"], row["raw"], row["frame_id"], row["tests"]) == (0.0, None, None, {})


def test_a_tick_is_the_frontier_and_comes_last() -> None:
    ticks = [_message(topic, "Tick", {"at": START}) for topic in ("observations", "windows")]
    batch = rows([*ticks, _message("windows", "Window", window())], WIRE)
    assert list(batch.tables) == ["windows", "frontier"]
    assert [(r["topic"], r["partition"]) for r in batch.tables["frontier"].to_pylist()] == [
        ("observations", 1),
        ("windows", 1),
    ]


def test_what_is_removed_from_a_compacted_topic_is_a_tombstone_of_its_offset() -> None:
    gone = [
        Message("registry", 0, 7, b"device/A/B", None, 5, [("vigie.author", b"anne")]),
        Message("pending", 0, 8, b"A/B/20751", None, 5),
    ]
    tables = rows(gone, WIRE).tables
    [declared], [pending] = tables["declarations"].to_pylist(), tables["pending"].to_pylist()
    assert (declared["kind"], declared["id"], declared["revision"]) == ("device", "A/B", 7)
    assert declared["author"] == "anne"
    assert tables["declaration_history"].to_pylist() == [declared]
    assert (pending["device"], str(pending["day"]), pending["revision"]) == ("A/B", "2026-10-25", 8)
    assert declared["is_deleted"] is pending["is_deleted"] is True


def test_a_dead_letter_is_summed_up_by_its_headers() -> None:
    why = headers("vigie.uplinks.v1", 3, 44, "decode", "codec_timeout", "took 3 s")
    [row] = (
        rows([Message("dead-letters", 0, 1, b"A", b"\xff", 5, why)], WIRE)
        .tables["dead_letters"]
        .to_pylist()
    )
    assert (row["topic"], row["partition"], row["offset"]) == ("vigie.uplinks.v1", 3, 44)
    assert (row["stage"], row["reason"], row["message"]) == ("decode", "codec_timeout", "took 3 s")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Message("observations", 0, 0, b"A", None), "wire_format"),
        (Message("observations", 0, 0, b"A", b"not avro"), "wire_format"),
        (Message("windows", 0, 0, b"A", b"\0\0\0\x30\x39"), "unknown_schema"),
        (_message("windows", "Observation", observation()), "unexpected_record"),
        (_message("registry", "Tick", {"at": 1}), "unexpected_record"),
        (_message("observations", "Observation", observation(flag=256)), "out_of_range"),
        (_message("observations", "Observation", observation(tests={"a": -1})), "out_of_range"),
        (_message("observations", "Observation", observation(revision=-1)), "out_of_range"),
        (_message("observations", "Observation", observation(at=1 << 62)), "out_of_range"),
        (_message("windows", "Window", window(duration=1 << 32)), "out_of_range"),
        (_message("windows", "Window", window(levels=[1 << 15], level_counts=[1])), "out_of_range"),
        (_message("windows", "Window", window(levels=[1], level_counts=[-1])), "out_of_range"),
        (_message("windows", "Window", window(first_at=1 << 62)), "out_of_range"),
        (_message("observations", "Observation", observation(payload_size=-1)), "out_of_range"),
        (_message("events", "DeviceEvent", device_event(at=1 << 62)), "out_of_range"),
        (_message("events", "Window", window()), "unexpected_record"),
        (Message("pending", 0, 0, b"A", None), "key"),
        (Message("pending", 0, 0, b"\xff/20751", None), "key"),
        (Message("dead-letters", 0, 0, b"", b"", 0, [("vigie.errors.offset", b"x")]), "headers"),
    ],
)
def test_what_cannot_be_stored_dies_alone(message: Message, reason: str) -> None:
    good = _message("registry", "Declaration", declaration("device", "A", "{}"))
    batch = rows([good, message, good], WIRE)
    assert [(m, skip.reason) for m, skip in batch.dead] == [(message, reason)]
    assert batch.tables["declarations"].num_rows == 2


@given(st.sampled_from([t.short for t in TOPICS]), st.binary(max_size=64), st.binary(max_size=64))
def test_any_bytes_end_as_a_row_or_a_dead_letter(topic: str, key: bytes, value: bytes) -> None:
    batch = rows([Message(topic, 0, 0, key, value), Message(topic, 0, 1, key, None)], WIRE)
    stored = {name: t.num_rows for name, t in batch.tables.items()}
    assert stored.pop("declaration_history", 0) == stored.get("declarations", 0)
    nothing = topic == "alerts"  # its tombstone
    assert sum(stored.values()) + len(batch.dead) + nothing == 2


def test_a_registry_that_is_away_kills_nothing() -> None:
    def away(schema_id: int) -> str:
        raise Retry("away")

    with pytest.raises(Retry):
        rows([Message("windows", 0, 0, b"A", b"\0\0\0\x30\x39")], Wire(WIRE.ids, away))


@given(st.sampled_from(sorted(WIRE.ids.values())), st.binary(max_size=200))
def test_any_body_behind_a_known_id_ends_as_a_row_or_a_dead_letter(i: int, body: bytes) -> None:
    value = b"\0" + i.to_bytes(4, "big") + body
    batch = rows([Message("observations", 0, 0, b"A", value)], WIRE)
    assert sum(t.num_rows for t in batch.tables.values()) + len(batch.dead) == 1
