"""Cayenne LPP: the examples of its documentation, every type there and back, and any bytes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.codecs.python.cayenne_lpp import TYPES, Type, decode
from streams.units import UNITS


def said(payload: str) -> Any:
    return decode(1, bytes.fromhex(payload), 0)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("03670110056700FF", {"temperature_3": 27.2, "temperature_5": 25.5}),
        ("01670000", {"temperature_1": 0.0}),
        ("0167FFD7", {"temperature_1": -4.1}),
        ("067104D2FB2E0000", {"accelerometer_6": {"x": 1.234, "y": -1.234, "z": 0.0}}),
        (
            "018806765FF2960A0003E8",
            {"gps_1": {"latitude": 42.3519, "longitude": -87.9094, "altitude": 10.0}},
        ),
        ("02680a", {"relative_humidity_2": 5.0}),
        ("047327B5", {"barometric_pressure_4": 1016.5}),
        ("000000010001", {"digital_in_0": 0, "digital_in_1": 1}),
        ("0002ffff", {"analog_in_0": -0.01}),
        ("07650000", {"luminosity_7": 0}),
        ("", {}),
    ],
)
def test_examples(payload: str, expected: dict[str, Any]) -> None:
    assert said(payload) == expected


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("03", "ends after the channel at byte 0"),
        ("0367", "temperature at byte 0 is cut"),
        ("036701", "temperature at byte 0 is cut"),
        ("03670110ff", "ends after the channel at byte 4"),
        ("0363ffff", "type 99 at byte 1"),
        ("0367011003670110", "temperature_3 is there twice"),
    ],
)
def test_what_is_cut_unknown_or_there_twice_is_refused(payload: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        said(payload)


def test_names_are_unique_and_units_are_known() -> None:
    assert len({kind.name for kind in TYPES.values()}) == len(TYPES)
    assert {kind.unit for kind in TYPES.values()} <= {*UNITS, "deg/s"}


@st.composite
def _entries(draw: st.DrawFn) -> tuple[int, int, list[int]]:
    number = draw(st.sampled_from(sorted(TYPES)))
    kind = TYPES[number]
    low, high = (-(1 << 8 * kind.size - 1), (1 << 8 * kind.size - 1) - 1)
    bounds = (low, high) if kind.signed else (0, (1 << 8 * kind.size) - 1)
    size = len(kind.parts or "1")
    raw = draw(st.lists(st.integers(*bounds), min_size=size, max_size=size))
    return draw(st.integers(0, 255)), number, raw


def _written(channel: int, number: int, raw: list[int]) -> bytes:
    kind = TYPES[number]
    parts = (n.to_bytes(kind.size, "big", signed=kind.signed) for n in raw)
    return bytes([channel, number]) + b"".join(parts)


def _expected(kind: Type, raw: list[int]) -> Any:
    if not kind.parts:
        return raw[0] / kind.divisor
    return {name: n / by for n, (name, by) in zip(raw, kind.parts, strict=True)}


@given(st.lists(_entries(), unique_by=lambda e: e[:2]))
def test_what_was_written_is_read(entries: list[tuple[int, int, list[int]]]) -> None:
    payload = b"".join(_written(*entry) for entry in entries)
    assert decode(None, payload, 0) == {
        f"{TYPES[number].name}_{channel}": _expected(TYPES[number], raw)
        for channel, number, raw in entries
    }


@given(st.binary(max_size=242))
def test_any_bytes_are_values_or_a_refusal(payload: bytes) -> None:
    try:
        found = decode(None, payload, 0)
    except ValueError:
        return
    assert (not found) == (not payload)
