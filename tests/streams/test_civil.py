"""Civil time against Python's own calendar, instant by instant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.civil import PARTS, instant, wall

MICRO = 1_000_000
DAY = 86_400 * MICRO
zones = st.sampled_from(["Europe/Paris", "UTC", "Indian/Reunion", "America/Cayenne"])
instants = st.datetimes(datetime(1971, 1, 1), datetime(2080, 1, 1)) | st.sampled_from(  # noqa: DTZ001
    [datetime(2026, 3, 29, 0, 59, 59, 999_999), datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)]  # noqa: DTZ001
)


def micros(at: datetime) -> int:
    delta = at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * MICRO + delta.microseconds


@given(st.lists(instants, max_size=20), zones)
def test_the_clock_on_the_wall_and_its_calendar(ats: list[datetime], zone: str) -> None:
    assert [instant(at) for at in ats] == [micros(at) for at in ats]
    local = wall(np.array([micros(at) for at in ats], np.int64), zone)
    shown = [at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)) for at in ats]
    assert [instant(at) for at in shown] == [micros(at) for at in ats]
    assert local.tolist() == [micros(s.replace(tzinfo=None)) for s in shown]
    assert {name: part(local).tolist() for name, part in PARTS.items()} == {
        "year": [s.year for s in shown],
        "quarter": [(s.month + 2) // 3 for s in shown],
        "month": [s.month for s in shown],
        "week": [s.isocalendar().week for s in shown],
        "dayofyear": [s.timetuple().tm_yday for s in shown],
        "dayofweek": [s.weekday() for s in shown],
        "hour": [s.hour for s in shown],
    }


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2027-03-28"])
def test_every_second_about_a_change_of_the_clocks(day: str) -> None:
    noon = micros(datetime.fromisoformat(f"{day}T01:00"))
    time = noon + np.arange(-3600, 3600) * MICRO
    shown = [datetime.fromtimestamp(t / MICRO, ZoneInfo("Europe/Paris")) for t in time.tolist()]
    assert PARTS["hour"](wall(time, "Europe/Paris")).tolist() == [s.hour for s in shown]


def test_no_such_zone() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        wall(np.zeros(1, np.int64), "Europe/Lutece")
