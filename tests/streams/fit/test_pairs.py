"""Pairs as CSV: what is read, and what is said of what is not."""

import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Skip
from streams.fit import pairs
from streams.fit.pairs import Pairs, read


def of(text: str) -> Pairs:
    return read(text.splitlines(keepends=True))


def columns(found: Pairs) -> dict[str, list[Any]]:
    return {name: column.tolist() for name, column in found.numbers.items()}


def test_columns_go_by_their_names() -> None:
    found = of("Reference,station,sensor\n1,X,2\n3.5,Y,-4e1\n")
    assert columns(found) == {"sensor": [2.0, -40.0], "reference": [1.0, 3.5]}
    assert (found.time, found.unit) == (None, None)


def test_two_columns_need_no_header() -> None:
    assert columns(of("1,2\n3,4")) == {"sensor": [1.0, 3.0], "reference": [2.0, 4.0]}


def test_semicolons_bring_the_decimal_comma() -> None:
    found = of("\ufeffsensor;reference\n1,5;2.5\n\n0;-3\n")
    assert columns(found) == {"sensor": [1.5, 0.0], "reference": [2.5, -3.0]}


def test_time_is_an_instant_and_unit_a_name() -> None:
    found = of(
        "time,sensor,reference,unit\n2026-03-29T03:00:00+02:00,1,2,A\n1970-01-01T00:00:00Z,3,4,B"
    )
    assert found.time is not None
    assert found.time.tolist() == [1_774_746_000_000_000, 0]
    assert found.unit is not None
    assert found.unit.tolist() == ["A", "B"]


def test_an_empty_cell_is_missing_and_a_zero_is_not() -> None:
    found = of("sensor,reference,humidity\n0,1,\nNaN,1,50\n2,3,40\n")
    assert math.isnan(found.numbers["humidity"][0])
    assert columns(found.complete(("sensor", "reference"))) == {
        "sensor": [0.0, 2.0],
        "reference": [1.0, 3.0],
    }
    assert len(found.complete(("sensor", "humidity"))) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing was given"),
        ("\n1,2", "nothing was given"),
        ("sensor\n1", "no column 'reference' among 'sensor'"),
        ("a,b,c\n1,2,3", "no column 'sensor' among 'a', 'b', 'c'"),
        ("sensor,sensor,reference\n1,2,3", "'sensor' stands there twice"),
        ("sensor,reference\n1,2\n1", "line 3 has 1 columns, the first has 2"),
        ("sensor,reference\n1,two", "line 2, column reference: 'two' is no number"),
        ("sensor,reference\n1,inf", "line 2, column reference: 'inf' is not finite"),
        ("sensor,reference\n1,-1e16", "line 2, column reference: '-1e16' is no measurement"),
        ("sensor,reference\n1e-200,1", "line 2, column sensor: '1e-200' is no measurement"),
        ("sensor,reference,time\n1,2,noon", "'noon' is no time"),
        ("sensor,reference,time\n1,2,2026-01-01T00:00", "has no offset"),
        ("sensor,reference,time\n1,2,", "is no time"),
        ("sensor,reference\n" + "1" * 2000 + ",2", "line 2 has more than 1000 characters"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Skip) as raised:
        of(text)
    assert raised.value.reason == "bad_csv"
    assert said in str(raised.value)


def test_there_is_an_end_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "MOST", 2)
    with pytest.raises(Skip, match="more than 2 lines"):
        of("1,2\n3,4\n5,6")


@given(st.text(alphabet='0123456789.,;-eE"\n\r\x00 senorfcti+:TZ', max_size=80))
def test_any_text_is_pairs_or_a_reason(text: str) -> None:
    for given_text in (text, "sensor,reference,time\n" + text, "sensor;reference\n" + text):
        with suppress(Skip):
            found = of(given_text)
            assert all((np.abs(c[~np.isnan(c)]) <= 1e15).all() for c in found.numbers.values())
