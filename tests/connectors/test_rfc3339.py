"""Instants to the microsecond, whatever the number of decimals."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rfc3339 import micros, text
from streams.inventory import micros as exact

DATES = st.integers(exact(datetime(1, 1, 2, tzinfo=UTC)), exact(datetime(9999, 12, 30, tzinfo=UTC)))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(DATES, st.integers(0, 999), st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_any_instant_with_nine_decimals_and_offset(at: int, nanos: int, offset: int) -> None:
    local = (EPOCH + timedelta(microseconds=at, minutes=offset)).replace(tzinfo=None)
    hours, minutes = divmod(abs(offset), 60)
    sign = "-" if offset < 0 else "+"
    text = f"{local.isoformat(timespec='microseconds')}{nanos:03d}{sign}{hours:02d}:{minutes:02d}"
    assert micros(text) == at


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.999999999Z", 999_999),
        ("1969-12-31T23:59:59.9999999Z", -1),
        ("1970-01-01t00:00:01.5z", 1_500_000),
        ("1990-12-31T15:59:60-08:00", 662_688_000_000_000),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130_000),
    ],
)
def test_examples(text: str, expected: int) -> None:
    assert micros(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00+00:60",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00.Z",
        "٢٠٢٦-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z\n",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        micros(text)


@given(DATES)
def test_what_is_written_is_read(at: int) -> None:
    assert micros(text(at)) == at


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_780_000_000_123_456, "2026-05-28T20:26:40.123456Z"),
        (micros("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_written_in_utc_with_six_decimals(at: int, expected: str) -> None:
    assert text(at) == expected


@pytest.mark.parametrize("at", [micros("9999-12-31T23:59:60Z"), -(10**18), 10**30])
def test_what_the_format_cannot_write(at: int) -> None:
    with pytest.raises(ValueError, match="outside the years"):
        text(at)
