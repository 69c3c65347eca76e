"""A series as text: what is read, in which order, and what is refused."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.series_csv import series
from streams.errors import Stop

NOW = 1_800_000_000_000_000
NAN = math.nan


def read(text: str) -> tuple[list[int], list[float], list[int]]:
    found = series(text.splitlines(keepends=True), NOW)
    return (
        found.columns.time.tolist(),
        found.columns.value.tolist(),
        found.as_written(np.arange(len(found.order), dtype=np.uint8)).tolist(),
    )


def test_times_are_rfc_3339_or_seconds_and_an_empty_value_is_missing() -> None:
    text = "2026-01-05T01:00:00.25+01:00,1\r\n1767571200.5,-2e3\n\n1767571201,\n"
    time, value, order = read(text)
    assert time == [1767571200250000, 1767571200500000, 1767571201000000]
    np.testing.assert_array_equal(value, [1, -2000, NAN])
    assert order == [0, 1, 2]


def test_rows_are_put_in_order_and_flags_are_put_back() -> None:
    time, value, order = read("30,3\n10,1\n20,2\n10,1.5\n")
    assert time == [10_000_000, 10_000_000, 20_000_000, 30_000_000]
    assert value == [1, 1.5, 2, 3]
    assert order == [3, 0, 2, 1]


def test_a_header_names_siblings_and_arrivals() -> None:
    found = series(["\ufeffvalue, time,pm10,arrival\n", "1,20,5,30\n", ",10,,\n"], NOW).columns
    assert found.arrival.tolist() == [NOW, 30_000_000]
    np.testing.assert_array_equal(found.value, [NAN, 1])
    np.testing.assert_array_equal(found.sibling("pm10"), [NAN, 5])
    np.testing.assert_array_equal(found.peers["pm10"], [NAN, 5])
    assert np.isnan(found.sibling("arrival")).all()


@pytest.mark.parametrize("text", ["", "\n\n", "time,value\n"])
def test_nothing_is_a_series_too(text: str) -> None:
    assert read(text) == ([], [], [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,1\nyesterday,1\n", "line 2: time 'yesterday' is neither RFC 3339"),
        ("1,1\n2026-01-05T00:00:00,1\n", "line 2: time .* with an offset"),
        ("1,1\n,1\n", "line 2: time '' is neither"),
        ("1,1\n2,one\n", "line 2: value 'one' is no number"),
        ("1,1\n2,inf\n", "line 2: value 'inf' is no number"),
        ("1,1\n2\n", "line 2: 1 cells; expected time, value"),
        ("1,1,5\n", "line 1: 3 cells; expected time, value"),
        ("time,value,a,a\n", "line 1: a header names"),
        ("time,pm10\n", "line 1: a header names"),
        ("time,value,\n", "line 1: a header names"),
        ("time,value,arrival\n1,1,soon\n", "line 2: arrival 'soon'"),
        ("1,1\n2," + "9" * 2000, "line 2: value"),
        ("-2208988801,1\n", "line 1: time '-2208988801' is not of the years"),
        ("2200-01-01T00:00:00Z,1\n", "line 1: time .* is not of the years"),
        ("1," + "9" * 200_000, "line 1: field larger"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Stop, match=said):
        read(text)


@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            st.floats(allow_nan=False, allow_infinity=False),
        )
    )
)
def test_what_was_written_is_read_again(rows: list[tuple[datetime, float]]) -> None:
    text = "".join(f"{at.isoformat()},{x!r}\n" for at, x in rows)
    time, value, _ = read(text)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = sorted(
        (((at - epoch) // timedelta(microseconds=1), x) for at, x in rows), key=lambda r: r[0]
    )
    assert list(zip(time, value, strict=True)) == expected
