"""What is asked: dates of Paris, areas, spans that are joined and cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reprocess.area import area, within
from connectors.reprocess.asked import (
    Asked,
    PendingDay,
    asked,
    by_span,
    cut,
    instant,
    merged,
    of_days,
)
from connectors.reprocess.planning import MARGIN, ripe
from connectors.reprocess.settlement import due
from connectors.rfc3339 import micros
from streams.inventory import Deployment

DAY = 86_400_000_000
HOUR = 3_600_000_000


def place(name: str, longitude: float, latitude: float, commune: str = "13201") -> Deployment:
    return Deployment.model_validate(
        {"id": name, "device": name, "site": "s", "commune": commune}
        | {"longitude": longitude, "latitude": latitude, "from": "2026-01-01T00:00:00Z"}
    )


def test_a_date_begins_at_midnight_in_paris() -> None:
    assert instant("2026-03-01") == micros("2026-02-28T23:00:00Z")
    assert instant("2026-07-01") == micros("2026-06-30T22:00:00Z")
    assert instant("2026-03-01T00:00:00Z") == micros("2026-03-01T00:00:00Z")
    with pytest.raises(ValueError, match="RFC 3339"):
        instant("2026-03-01T00:00")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("13201", ["a"]),
        ("5.0,43.0,5.5,43.5", ["a", "b"]),
        ("5.37,43.3,100m", ["a"]),
        ("5.37,43.3,12000m", ["a", "b"]),
        ("5.3,43.2 5.4,43.2 5.4,43.35 5.3,43.35", ["a"]),
    ],
)
def test_an_area_is_a_commune_a_box_a_circle_or_a_polygon(text: str, found: list[str]) -> None:
    places = [
        place("a", 5.37, 43.3),
        place("b", 5.37, 43.4, "13202"),
        place("c", 2.0, 48.0, "75056"),
    ]
    inside = list(within(area(text), places))
    assert [device for device, _, _ in inside] == found
    assert {since for _, since, _ in inside} == {micros("2026-01-01T00:00:00Z")}


@pytest.mark.parametrize(
    "text", ["", "1", "5,43", "5,43,x", "5,43,nan,44", "5,43 6,44", "5,43,1km"]
)
def test_what_is_no_area_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="INSEE"):
        area(text)


def test_a_device_counts_while_it_stands_there() -> None:
    parts = asked(["a", "b"], (10, 100), [("a", 0, 20), ("a", 20, 30), ("a", 90, 200), ("x", 0, 9)])
    assert parts == [Asked("a", 10, 30, "asked"), Asked("a", 90, 100, "asked")]


def test_pending_days_that_touch_are_one_span_for_each_reason() -> None:
    days = [PendingDay("a", d, "late", 0) for d in (3, 1, 2, 7)] + [
        PendingDay("a", 4, "declared", 0)
    ]
    assert of_days(days) == [
        Asked("a", 4 * DAY, 5 * DAY, "declared"),
        Asked("a", DAY, 4 * DAY, "late"),
        Asked("a", 7 * DAY, 8 * DAY, "late"),
    ]


SPANS = st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda s: (s[0], s[0] + s[1]))


@given(st.lists(st.tuples(st.sampled_from("ab"), SPANS)), st.integers(0, 50))
def test_joining_and_cutting_lose_no_instant_and_add_none(
    spans: list[tuple[str, tuple[int, int]]], until: int
) -> None:
    wanted = {(device, i) for device, (since, end) in spans for i in range(since, end)}
    joined = merged(Asked(device, *span, "asked") for device, span in spans)
    mine, live = cut(joined, until)

    def instants(parts: list[Asked]) -> list[tuple[str, int]]:
        return [(one.device, i) for one in parts for i in range(one.since, one.until)]

    assert sorted(instants(joined)) == sorted(wanted)
    assert set(instants(mine)) == {(d, i) for d, i in wanted if i < until}
    assert set(instants(live)) == {(d, i) for d, i in wanted if i >= until}
    grouped = [(d, i) for span, devices in by_span(joined) for d in devices for i in range(*span)]
    assert sorted(grouped) == sorted(wanted)


def test_a_day_is_taken_when_nothing_of_it_can_be_lost() -> None:
    late, declared = PendingDay("a", 10, "late", 0), PendingDay("a", 10, "declared", 20 * DAY)
    assert ripe(late, 11 * DAY, 2 * DAY)
    assert not ripe(late, 11 * DAY - 1, 2 * DAY)
    assert not ripe(declared, 11 * DAY - 1, 2 * DAY)
    assert ripe(PendingDay("a", 30, "declared", 20 * DAY), 18 * DAY + MARGIN, 2 * DAY)
    assert not ripe(PendingDay("a", 30, "declared", 20 * DAY), 18 * DAY + MARGIN - 1, 2 * DAY)


@pytest.mark.parametrize(
    ("now", "was_due"),
    [
        ("2026-01-15T01:59:00Z", "2026-01-14T02:00:00Z"),
        ("2026-01-15T02:01:00Z", "2026-01-15T02:00:00Z"),
        ("2026-07-15T01:01:00Z", "2026-07-15T01:00:00Z"),
        ("2026-03-29T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("2026-10-25T12:00:00Z", "2026-10-25T02:00:00Z"),
    ],
)
def test_the_night_is_that_of_paris(now: str, was_due: str) -> None:
    assert due("03:00", micros(now)) == micros(was_due)
