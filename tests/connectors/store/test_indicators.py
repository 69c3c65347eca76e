"""Indicators: their headers, their columns, and fill levels against plain Python."""

import random
import statistics
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store import indicators
from connectors.store.tables import arrow
from streams.errors import Stop
from tests.connectors.store.periods import QUARTER, asked, micros
from tests.connectors.store.records import declaration, observation, window

COMPLETE = """-- title_fr: a
-- title_en: b
-- use_case: c
-- properties: p, q
-- unit: d
-- time_base: 15 min, UTC
-- capture_min: 0.5
-- definition: f
-- source: g
SELECT 1
"""


def test_the_header_says_everything_once() -> None:
    found = indicators.parse("noise", COMPLETE)
    assert (found.view, found.capture_min, found.sql) == ("indicator_noise", 0.5, "SELECT 1")
    assert (found.period, found.computed_from) == (900.0, ("p", "q"))
    lines = COMPLETE.splitlines(keepends=True)
    for i in range(9):
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
        ("noise", COMPLETE.replace("15 min", "0 h"), "begins with a length"),
        ("noise", COMPLETE.replace("15 min", "hourly"), "begins with a length"),
        ("noise", COMPLETE.replace("p, q", "p'"), "ids of the vocabulary"),
        ("noise", COMPLETE.replace("SELECT 1", "DROP TABLE observations"), "one SELECT"),
        ("noise", COMPLETE.replace("SELECT 1", "SELECT 1; SELECT 2"), "one SELECT"),
    ],
)
def test_a_bad_file_is_refused(name: str, text: str, match: str) -> None:
    with pytest.raises(Stop, match=match):
        indicators.parse(name, text)


def _declare(client: Client, *objects: tuple[str, str, str]) -> None:
    rows = [declaration(*o) | {"revision": 0, "is_deleted": False} for o in objects]
    client.insert_arrow("declarations", arrow("declarations", rows))


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
            rows.append(observation("A", micros(at), value=value, flag=flag))
            counts = {"good": int(flag == 1), "unknown": int(flag == 2)}
            counts |= {"suspect": int(flag == 3), "fail": int(flag == 4)}
            energy = {"energy": None, "exposure": None}
            windows.append(window("A", micros(at), property="fill_level", **counts, **energy))
        of_hour = {"property": "fill_level", "duration": 3600, "good": 4, "held": 3600.0}
        windows.append(window("A", micros(start), **of_hour))
    held = {"property": "fill_level", "good": 0, "held": 900.0}
    windows.append(window("A", micros(hour + timedelta(hours=5)), **held))
    client.insert_arrow("observations", arrow("observations", rows))
    client.insert_arrow("windows", arrow("windows", windows))
    _declare(client, ("device", "A", '{"name":"b","use_case":"pav","nominal_period":900}'))
    found = {row["period_start"]: row for row in asked(client, "pav_fill")}
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
    rows = [window("A", micros(at), exposure=3600.0) for at in hours]
    client.insert_arrow("windows", arrow("windows", rows))
    rows = asked(client, "noise_laeq")
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
        assert asked(client, name) == []


def test_a_naive_time_is_refused(client: Client) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        indicators.values(client, indicators.load()["pav_fill"], naive, naive)
