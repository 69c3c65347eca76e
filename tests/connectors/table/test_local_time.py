"""What a logger's clock showed, in UTC; on both nights on which clocks change too."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rfc3339 import text
from connectors.table.local_time import clock
from streams.errors import Skip
from streams.inventory import micros
from streams.inventory.sources import TableMapping


def read(time: str, **other: Any) -> str:
    table = {"time": "time", "device": "d", "format": "%d/%m/%Y %H:%M", "timezone": "Europe/Paris"}
    return text(clock(TableMapping.model_validate(table | other))(time))


@pytest.mark.parametrize(
    ("time", "other", "instant"),
    [
        ("12/02/2026 16:15", {}, "2026-02-12T15:15:00.000000Z"),
        ("12/07/2026 16:15", {}, "2026-07-12T14:15:00.000000Z"),
        ("12/07/2026 16:15", {"timezone": "Etc/GMT-1"}, "2026-07-12T15:15:00.000000Z"),
        ("2026-02-12T16:15:00+01:00", {"format": "rfc3339"}, "2026-02-12T15:15:00.000000Z"),
        ("1770909349.918", {"format": "s"}, "2026-02-12T15:15:49.918000Z"),
        ("1770909349918", {"format": "ms"}, "2026-02-12T15:15:49.918000Z"),
        ("1770909349918001", {"format": "us"}, "2026-02-12T15:15:49.918001Z"),
        ("26-043 16h15", {"format": "%y-%j %Hh%M"}, "2026-02-12T15:15:00.000000Z"),
        ("12/02/26 16:15 -0300", {"format": "%d/%m/%y %H:%M %z"}, "2026-02-12T19:15:00.000000Z"),
    ],
)
def test_times_are_read_as_the_mapping_says(time: str, other: dict[str, Any], instant: str) -> None:
    assert read(time, **other) == instant


@pytest.mark.parametrize(
    ("ambiguous", "instant"),
    [("earlier", "2026-10-25T00:30:00.000000Z"), ("later", "2026-10-25T01:30:00.000000Z")],
)
def test_the_hour_that_comes_twice_in_autumn_is_the_one_that_is_declared(
    ambiguous: str, instant: str
) -> None:
    assert read("25/10/2026 02:30", ambiguous=ambiguous) == instant


def test_the_hour_that_comes_twice_is_refused_where_nothing_says_which() -> None:
    with pytest.raises(Skip, match=r"Europe/Paris show 2026-10-25 02:30:00 twice") as why:
        read("25/10/2026 02:30")
    assert why.value.reason == "ambiguous_time"


@pytest.mark.parametrize("ambiguous", ["refuse", "earlier", "later"])
def test_the_hour_that_spring_leaves_out_is_refused(ambiguous: str) -> None:
    with pytest.raises(Skip, match="Etc/GMT-1") as why:
        read("29/03/2026 02:30", ambiguous=ambiguous)
    assert why.value.reason == "nonexistent_time"


def test_a_clock_of_winter_time_has_both_nights() -> None:
    assert read("29/03/2026 02:30", timezone="Etc/GMT-1") == "2026-03-29T01:30:00.000000Z"
    assert read("25/10/2026 02:30", timezone="Etc/GMT-1") == "2026-10-25T01:30:00.000000Z"


@pytest.mark.parametrize("time", ["", "32/01/2026 00:00", "01/01/1960 00:00", "x" * 500])
def test_what_is_no_time_is_refused(time: str) -> None:
    with pytest.raises(Skip) as why:
        read(time)
    assert why.value.reason == "no_time"


@pytest.mark.parametrize(
    "time", ["nan", "inf", "1e400", "-1", "9e999999999", "sNaN", "0x1", "1_0", "٣", "9" * 20]
)
def test_a_number_that_is_no_time_is_refused(time: str) -> None:
    with pytest.raises(Skip) as why:
        read(time, format="s")
    assert why.value.reason == "no_time"


@given(st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)))  # noqa: DTZ001
def test_every_instant_is_found_again(at: datetime) -> None:
    """The oracle goes the other way: from UTC to what a clock in Paris shows."""
    instant = at.replace(tzinfo=UTC, second=0, microsecond=0)
    shown = instant.astimezone(ZoneInfo("Europe/Paris"))
    table = {"ambiguous": "later" if shown.fold else "earlier"}
    assert read(shown.strftime("%d/%m/%Y %H:%M"), **table) == text(micros(instant))


def test_a_format_without_a_time_of_day_is_midnight() -> None:
    midnight = datetime(2026, 2, 11, 23, tzinfo=UTC)
    assert read("12/02/2026", format="%d/%m/%Y") == text(micros(midnight))
    assert midnight + timedelta(hours=1) == datetime(2026, 2, 12, tzinfo=UTC)
