"""SenML packs, written by hand after RFC 8428."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.networks.senml import SENML
from streams.errors import Skip
from streams.uplinks import UNTIMED, Event

BN = "urn:dev:ow:10e2073a01080063"
AT = 1_320_067_464


def read(*records: Any) -> list[Event]:
    return list(SENML.events(json.dumps(records).encode(), {}))


def one(*records: Any) -> Event:
    (event,) = read(*records)
    return event


def test_base_fields_hold_until_others_take_their_place() -> None:
    events = read(
        {"bn": f"{BN}:", "bt": 1.320067464e9, "bu": "%RH", "v": 20},
        {"u": "Cel", "n": "temperature", "v": 0},
        {"t": 60.5, "v": 20.3},
        {"bn": "urn:dev:ow:2", "bt": AT + 1, "n": "open", "vb": False},
    )
    assert [(e.device, e.observed_at, e.decoded) for e in events] == [
        (BN, AT * 1_000_000, {"value": 20, "temperature": 0}),
        (BN, AT * 1_000_000 + 60_500_000, {"value": 20.3}),
        ("urn:dev:ow:2", (AT + 1) * 1_000_000, {"open": False}),
    ]
    assert {e.kind for e in events} == {"uplink"}
    assert len({e.dedup for e in events}) == 3


def test_without_a_base_name_a_name_is_a_device() -> None:
    events = read({"n": BN, "u": "Cel", "t": AT, "v": 23.1}, {"n": "urn:dev:ow:2", "t": AT, "s": 0})
    assert [(e.device, e.decoded) for e in events] == [
        (BN, {"value": 23.1}),
        ("urn:dev:ow:2", {"value#sum": 0}),
    ]


@pytest.mark.parametrize("time", [{}, {"bt": 0}, {"t": 0}, {"bt": 5, "t": -5}])
def test_now_is_when_the_pack_arrives(time: dict[str, int]) -> None:
    event = one({"bn": BN, "n": "a", "v": 1, **time})
    assert event.observed_at == UNTIMED
    assert event.met(7).observed_at == 7


def test_times_are_exact_to_the_microsecond() -> None:
    event = one({"bn": BN, "bt": 1.276020076001e9, "t": -0.000001, "n": "a", "v": 1})
    assert event.observed_at == 1_276_020_076_000_999


def test_base_value_and_base_sum_are_added() -> None:
    event = one({"bn": BN, "bt": AT, "bv": 21.2, "bs": 100, "n": "p", "v": 0.1, "s": 5})
    assert event.decoded == {"p": 21.3, "p#sum": 105.0}


def test_texts_and_bytes_are_kept_as_they_are() -> None:
    records = [{"bn": BN, "bt": AT, "n": "label", "vs": ""}, {"n": "raw", "vd": "AQI"}]
    assert one(*records).decoded == {"label": "", "raw": "AQI"}


def test_two_values_of_a_name_at_an_instant_are_two_events() -> None:
    records = [{"bn": BN, "bt": AT, "n": "a", "v": 1}, {"n": "a", "v": 2}]
    assert [e.decoded for e in read(*records)] == [{"a": 1}, {"a": 2}]
    first, second = read(records[0], {"n": "a", "v": 1})
    assert first.dedup == second.dedup


def test_the_key_does_not_depend_on_the_order_of_the_records() -> None:
    base = {"bn": BN, "bt": AT}
    a, b = {"n": "a", "v": 1}, {"n": "b", "v": 2}
    assert one(base, a, b).dedup == one(base, b, a).dedup
    assert one(base, a, b).dedup != one(base, a).dedup


@pytest.mark.parametrize(
    ("bn", "device"),
    [
        ("0004a30b001c0530/", "0004A30B001C0530"),
        ("00-04-a3-0b-00-1c-05-30", "0004A30B001C0530"),
        ("urn:dev:mac:0024befffe804ff1:", "urn:dev:mac:0024befffe804ff1"),
        ("356938035643809", "356938035643809"),
    ],
)
def test_a_device_has_one_form(bn: str, device: str) -> None:
    assert one({"bn": bn, "bt": AT, "n": "a", "v": 1}).device == device


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([], "not_json"),
        ([{"bn": BN, "bt": AT}], "malformed"),
        ([{"t": AT, "v": 1}], "no_device"),
        ([{"bn": None, "n": BN, "t": AT, "v": 1}], "no_device"),
        ([{"bn": "/", "bt": AT, "v": 1}], "no_device"),
        ([{"bn": BN, "t": 1, "v": 1}], "no_time"),
        ([{"bn": BN, "t": -5, "v": 1}], "no_time"),
        ([{"bn": BN, "bt": (1 << 28) - 1, "v": 1}], "no_time"),
        ([{"bn": BN, "bt": 253_402_300_800, "v": 1}], "no_time"),
        ([{"bn": BN, "bt": str(AT), "v": 1}], "malformed"),
        ([{"bn": BN, "bt": AT, "v": "1"}], "malformed"),
        ([{"bn": BN, "bt": AT, "v": None}], "malformed"),
        ([{"bn": BN, "bt": AT, "vb": 1}], "malformed"),
        ([{"bn": BN, "bt": AT, "vs": 1}], "malformed"),
        ([{"bn": BN, "bt": AT, "v": 1, "vs": "1"}], "malformed"),
        ([{"bn": BN, "bt": AT, "n": "a"}], "malformed"),
        ([{"bn": BN, "bt": AT, "n": 5, "v": 1}], "malformed"),
        ([{"bn": BN, "bt": AT, "v": 1, "new_": 1}], "malformed"),
        ([{"bn": BN, "bt": AT, "v": 1, "bver": 11}], "malformed"),
        ([{"bn": BN, "bt": AT, "bv": 1.7e308, "v": 1.7e308}], "malformed"),
        ([{"bn": BN, "bt": AT, "v": 1}, 5], "malformed"),
    ],
)
def test_refused(records: list[Any], reason: str) -> None:
    with pytest.raises(Skip) as refused:
        read(*records)
    assert refused.value.reason == reason


def test_a_number_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(Skip):
        SENML.events(b'[{"bn":"a","bt":1e9,"v":1e999}]', {})


def test_a_pack_has_at_most_ten_thousand_records() -> None:
    records = [{"bn": BN, "bt": AT, "n": "a", "v": 0}] + [
        {"t": -i, "v": i} for i in range(1, 10_001)
    ]
    assert len(read(*records[:10_000])) == 10_000
    with pytest.raises(Skip, match="send several packs"):
        read(*records)


NUMBERS = st.integers() | st.floats(allow_nan=False)
VALUES = NUMBERS | st.booleans() | st.text(max_size=3) | st.none()
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "bn": st.sampled_from([BN, "0004A30B001C0530", "", "é"]),
        "bt": st.sampled_from([AT, 0, 1e12, -1]) | NUMBERS,
        "bv": NUMBERS,
        "bs": NUMBERS,
        "bver": st.integers(4, 11),
        "n": st.sampled_from(["a", "b"]) | VALUES,
        "t": st.integers(-100, 100) | VALUES,
        "v": VALUES,
        "vb": VALUES,
        "vs": VALUES,
        "s": VALUES,
    },
)


@given(st.lists(RECORDS, max_size=4))
def test_any_pack_is_events_or_skipped(records: list[dict[str, Any]]) -> None:
    pack = [{"bn": BN, "bt": AT, "n": "first", "v": 1}, *records]
    try:
        events = SENML.events(json.dumps(pack).encode(), {})
    except Skip as why:
        assert why.reason in {"no_device", "no_time", "malformed", "not_json"}  # noqa: PT017
        return
    values = sum(len(e.decoded or {}) for e in events)
    assert values == sum(("s" in r) + bool(r.keys() & {"v", "vb", "vs"}) for r in pack)
