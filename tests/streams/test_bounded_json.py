"""JSON from outside is parsed, or refused with a reason; nothing else happens."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.bounded_json import _TOKEN, DEPTH_MAX, VALUES_MAX, loads
from streams.errors import Skip


@given(st.binary(max_size=200) | st.text('[]{}",:\\ud8012.eE-+ ', max_size=60).map(str.encode))
def test_any_bytes_are_a_value_or_skipped(text: bytes) -> None:
    try:
        value = loads(text)
    except Skip:
        return
    assert json.dumps(value, ensure_ascii=False).encode()


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_what_json_writes_is_read(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
PIECES = st.lists(
    NUMBERS | st.text('[]{}",:\\u0dD8nrtf ', max_size=4) | st.sampled_from(['"', '""', '\\"'])
)


@given(
    NUMBERS
    | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(json.dumps)
    | PIECES.map("".join)
)
def test_the_fast_way_is_the_way_of_the_standard_library(text: str) -> None:
    """To the last bit: ``repr`` tells minus nought from nought and a whole number from a float."""
    assert repr(_read(text, None)) == repr(_read(text, _number))


def _read(text: str, number: Callable[[str], int | float] | None) -> object:
    """The value, or why there is none."""
    try:
        return loads(text.encode(), number)
    except Skip as why:
        return str(why)


def _number(said: str) -> int | float:
    """With a function for numbers the standard library reads: this is what it makes of them."""
    return float(said) if {".", "e", "E"} & set(said) else int(said)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b"[-Infinity]",
        b'"\\ud800"',
        b'{"a": "\\uDEAD"}',
        b"9" * 5000,
        b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1),
        b"[" * 900_000,
        b"[0" + b",0" * (VALUES_MAX + 1) + b"]",
    ],
)
def test_refused(text: bytes) -> None:
    with pytest.raises(Skip):
        loads(text)


def test_depth_is_that_of_the_structure_not_of_strings() -> None:
    nested = b"[" * DEPTH_MAX + b"]" * DEPTH_MAX
    assert loads(nested) is not None
    brackets = {"a": '[{\\"' * 100, "b": [[1]] * 70}
    assert loads(json.dumps(brackets).encode()) == brackets


def test_surrogate_pairs_and_byte_order_mark_are_read() -> None:
    assert loads(b'\xef\xbb\xbf"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("unit", [b'\\"', b'"[', b"[]", b'["', b"\\"])
def test_a_string_without_an_end_is_one_token(unit: bytes) -> None:
    """It is not tried again from within, which would take time by the square of its length.

    How long it does take is measured by ``bench/bounded_json.py``.
    """
    endless = b'"' + unit.replace(b'"', b"[") * 5000
    assert [token.span() for token in _TOKEN.finditer(endless)] == [(0, len(endless))]
    with pytest.raises(Skip):
        loads(b'"[' * 65 + unit * 5000)
