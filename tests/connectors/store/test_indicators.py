"""Indicators against plain Python from their definitions, over both nights when clocks change."""

import itertools
import math
import random
import statistics
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store import indicators
from connectors.store.tables import arrow
from streams.errors import Stop
from tests.connectors.store.records import declaration, observation, window

PARIS = ZoneInfo("Europe/Paris")
QUARTER = timedelta(minutes=15)
SPANS = {
    "an ordinary week": (date(2026, 6, 1), 3),
    "the night of 23 hours' day": (date(2026, 3, 27), 4),
    "the night of 25 hours' day": (date(2026, 10, 23), 4),
}
COMPLETE = """-- title_fr: a
-- title_en: b
-- use_case: c
-- unit: d
-- time_base: e
-- capture_min: 0.5
-- definition: f
-- source: g
SELECT 1
"""


def test_the_header_says_everything_once() -> None:
    found = indicators.parse("noise", COMPLETE)
    assert (found.view, found.capture_min, found.sql) == ("indicator_noise", 0.5, "SELECT 1")
    lines = COMPLETE.splitlines(keepends=True)
    for i in range(8):
        without = "".join(lines[:i] + lines[i + 1 :])
        for text in (without, lines[i] + COMPLETE, f"-- other: x\n{without}"):
            with pytest.raises(Stop, match="each of these once"):
                indicators.parse("noise", text)


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("Noise-1", COMPLETE, "lower case"),
        ("noise", COMPLETE.replace("0.5", "1.5"), "from 0 to 1"),
        ("noise", COMPLETE.replace("0.5", "half"), "from 0 to 1"),
        ("noise", COMPLETE.replace("SELECT 1", "DROP TABLE observations"), "one SELECT"),
        ("noise", COMPLETE.replace("SELECT 1", "SELECT 1; SELECT 2"), "one SELECT"),
    ],
)
def test_a_bad_file_is_refused(name: str, text: str, match: str) -> None:
    with pytest.raises(Stop, match=match):
        indicators.parse(name, text)


def _micros(at: datetime) -> int:
    return round(at.timestamp()) * 1_000_000


def _local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).astimezone(UTC)


def _starts(first: date, days: int) -> list[datetime]:
    at, end, found = _local(first, 0), _local(first + timedelta(days=days), 12), []
    while at < end:
        found.append(at)
        at += QUARTER
    return found


Levels = Mapping[datetime, float]


def _store(client: Client, device: str, levels: Levels, missing: Iterable[datetime] = ()) -> None:
    rows = [
        window(device, _micros(at), energy=900 * 10 ** (level / 10), exposure=900.0)
        for at, level in levels.items()
    ]
    rows += [
        window(device, _micros(at), good=0, fail=1, energy=0.0, exposure=0.0) for at in missing
    ]
    client.insert_arrow("windows", arrow("windows", rows))


def _declare(client: Client, *objects: tuple[str, str, str]) -> None:
    rows = [declaration(*o) | {"revision": 0, "is_deleted": False} for o in objects]
    client.insert_arrow("declarations", arrow("declarations", rows))


def _asked(client: Client, name: str) -> list[dict[str, Any]]:
    ever = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    return indicators.values(client, indicators.load()[name], *ever)


def _leq(levels: Levels, start: datetime, end: datetime) -> tuple[float | None, float]:
    """Energy mean over what lies in [start, end), and the share of it that is covered."""
    inside = [level for at, level in levels.items() if start <= at < end]
    capture = len(inside) * QUARTER / (end - start)
    if capture < 0.75:
        return None, capture
    mean = math.fsum(10 ** (level / 10) for level in inside) / len(inside)
    return 10 * math.log10(mean), capture


def _lden(levels: Levels, day: date) -> dict[str, float | None]:
    """Directive 2002/49/EC, annex I, with the French hours."""
    after = day + timedelta(days=1)
    edges = [_local(day, 6), _local(day, 18), _local(day, 22), _local(after, 6)]
    (ld, cd), (le, ce), (ln, cn) = (_leq(levels, a, b) for a, b in itertools.pairwise(edges))
    value = None
    if ld is not None and le is not None and ln is not None:
        energy = 12 * 10 ** (ld / 10) + 4 * 10 ** ((le + 5) / 10) + 8 * 10 ** ((ln + 10) / 10)
        value = 10 * math.log10(energy / 24)
    return {
        "value": value,
        "lden": value,
        "ld": ld,
        "le": le,
        "ln": ln,
        "capture_day": cd,
        "capture_evening": ce,
        "capture_night": cn,
        "capture": min(cd, ce, cn),
    }


def _same(found: Mapping[str, Any], expected: Mapping[str, float | None]) -> None:
    for name, value in expected.items():
        assert found[name] == (None if value is None else pytest.approx(value, rel=1e-9)), name


@pytest.mark.parametrize("span", SPANS)
def test_noise_is_what_the_directive_says(client: Client, span: str) -> None:
    first, days = SPANS[span]
    rng = random.Random(span)
    starts = _starts(first, days)
    whole = {at: rng.uniform(35, 85) for at in starts}
    holes = {at: level for at, level in whole.items() if rng.random() < 0.8}
    stored = {"whole": whole, "holes": holes}
    for device, levels in stored.items():
        _store(client, device, levels, missing=set(whole) - set(levels))

    for row in (rows := _asked(client, "noise_laeq")):
        start = row["period_start"]
        value, capture = _leq(stored[row["device"]], start, start + timedelta(hours=1))
        _same(row, {"value": value, "capture": capture})
        assert row["local_date"] == start.astimezone(PARIS).date()
        assert row["good"] + row["fail"] == 4
    assert len(rows) == 2 * len(starts) // 4

    for row in (rows := _asked(client, "noise_lden")):
        day = row["local_date"]
        _same(row, _lden(stored[row["device"]], day))
        assert row["period_start"] == _local(day, 6)
        assert row["period_end"] == _local(day + timedelta(days=1), 6)
    assert len(rows) == 2 * (days + 2)
    assert any(row["value"] is not None for row in rows)


@pytest.mark.parametrize(("lost", "known"), [(0, True), (1, False)])
@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 6, 2), date(2026, 10, 24)])
def test_three_quarters_of_each_period_are_enough_and_one_less_is_not(
    client: Client, day: date, lost: int, known: bool
) -> None:
    after = day + timedelta(days=1)
    edges = [_local(day, 6), _local(day, 18), _local(day, 22), _local(after, 6)]
    levels: dict[datetime, float] = {}
    for start, end in itertools.pairwise(edges):
        quarters = (end - start) // QUARTER
        kept = quarters * 3 // 4 - (lost if start == edges[2] else 0)
        levels |= {start + i * QUARTER: 60.0 for i in range(kept)}
    _store(client, "A", levels)
    [row] = _asked(client, "noise_lden")
    _same(row, _lden(levels, day))
    assert (row["value"] is not None) is known
    assert row["ld"] == pytest.approx(60.0)


def test_what_no_value_covers_has_no_level(client: Client) -> None:
    _store(client, "A", {}, missing=[_local(date(2026, 6, 1), 7)])
    for name in ("noise_laeq", "noise_lden"):
        [row] = _asked(client, name)
        assert (row["value"], row["capture"], row["fail"]) == (None, 0.0, 1)


def test_fill_is_the_median_of_good_values(client: Client) -> None:
    rng = random.Random(4)
    hour = datetime(2026, 10, 25, 0, tzinfo=UTC)
    rows, windows, values = [], [], {}
    for n in (1, 2, 3, 4):
        start = hour + timedelta(hours=n)
        for i in range(4):
            at = start + i * QUARTER
            good = i < n
            value, flag = rng.choice([0.0, 12.5, 80.0]), rng.choice([1, 2] if good else [3, 4])
            values.setdefault(start, []).append(value) if good else None
            rows.append(observation("A", _micros(at), value=value, flag=flag))
            counts = {"good": int(flag == 1), "unknown": int(flag == 2)}
            counts |= {"suspect": int(flag == 3), "fail": int(flag == 4)}
            energy = {"energy": None, "exposure": None}
            windows.append(window("A", _micros(at), property="fill_level", **counts, **energy))
    client.insert_arrow("observations", arrow("observations", rows))
    client.insert_arrow("windows", arrow("windows", windows))
    _declare(client, ("device", "A", '{"name":"b","use_case":"pav","nominal_period":900}'))
    found = {row["period_start"]: row for row in _asked(client, "pav_fill")}
    assert found.keys() == values.keys()
    for start, of_hour in values.items():
        row = found[start]
        assert (row["value"], row["last_value"]) == (statistics.median(of_hour), of_hour[-1])
        assert row["last_at"] == start + (len(of_hour) - 1) * QUARTER
        assert row["capture"] == len(of_hour) / 4
        assert row["good"] + row["unknown"] == len(of_hour)


def test_an_hour_stands_where_the_device_stood(client: Client) -> None:
    moved, gone = datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 2, 12, tzinfo=UTC)
    where = '{"device":"A","site":"%s","commune":"%s","latitude":43,"longitude":5,%s}'
    _declare(
        client,
        ("device", "A", '{"name":"n","use_case":"noise","nominal_period":900}'),
        ("deployment", "d1", where % ("old", "13001", f'"to":"{moved.isoformat()}"')),
        (
            "deployment",
            "d2",
            where
            % ("new", "13055", '"from":"2026-06-01T14:00:00+02:00","to":"2026-06-02T12:00:00Z"'),
        ),
    )
    hours = [moved - timedelta(hours=1), moved, gone]
    _store(client, "A", dict.fromkeys(hours, 60.0))
    rows = _asked(client, "noise_laeq")
    assert [(r["site"], r["commune"]) for r in rows] == [
        ("old", "13001"),
        ("new", "13055"),
        ("", ""),
    ]
    assert {r["use_case"] for r in rows} == {"noise"}


def test_every_indicator_has_the_common_columns(client: Client) -> None:
    for name, indicator in indicators.load().items():
        columns = client.query(f"DESCRIBE TABLE {indicator.view}").result_columns[0]
        assert tuple(columns[: len(indicators.COLUMNS)]) == indicators.COLUMNS, name
        assert _asked(client, name) == []


def test_a_naive_time_is_refused(client: Client) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        indicators.values(client, indicators.load()["pav_fill"], naive, naive)
