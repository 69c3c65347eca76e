"""What the page on windows says can be made of them is what the samples themselves give."""

import math
import random
import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store.tables import arrow
from streams.resources import CLICKHOUSE
from tests.agreement.core import Core, declared, record, registry
from tests.connectors.store.periods import PARIS
from tests.connectors.store.records import declaration
from tests.oracle.declared import SECOND, Frame, Measure

PAGE = (CLICKHOUSE.parent / "docs" / "windows.md").read_text("utf-8")
SQL = {
    re.search(r"property = '(\w+)'", text).group(1) + str(n): text  # type: ignore[union-attr]
    for n, text in enumerate(re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL))
}
KINDS = {
    "air_temperature": "instantaneous",
    "water_level": "instantaneous",
    "sound_level": "level",
    "wind_direction": "angle",
    "water_volume": "index",
    "lamp_state": "state",
}
START = datetime(2026, 10, 24, 20, tzinfo=UTC)
"""Two hours before the civil day of 25 hours."""

Samples = dict[str, list[tuple[datetime, float]]]
Check = Callable[[list[dict[str, Any]], list[tuple[datetime, float]]], None]


def _samples() -> Samples:
    """A day and a half at odd instants, all properties at once; every tenth frame is lost."""
    rng, at, volume = random.Random(5), START, 990.0
    found: Samples = {name: [] for name in KINDS}
    while at < START + timedelta(hours=36):
        at += timedelta(seconds=rng.choice([60, 97, 300, 420, 3000]))
        volume = 0.5 if rng.random() < 0.03 else volume + rng.choice([0.0, 0.5, 2.0])
        values = {
            "air_temperature": round(rng.gauss(12, 4), 2),
            "water_level": round(rng.uniform(0, 3), 2),
            "sound_level": round(rng.gauss(55, 8), 2),
            "wind_direction": float(rng.randrange(300, 420) % 360),
            "water_volume": volume,
            "lamp_state": float(rng.random() < 0.4),
        }
        if rng.random() < 0.9:
            for name, value in values.items():
                found[name].append((at, value))
    return found


SAMPLES = _samples()


def _micros(at: datetime) -> int:
    return round(at.timestamp()) * SECOND


def _said() -> list[dict[str, Any]]:
    """The windows of a worker; a second is what a level stands for."""
    items: list[tuple[str, dict[str, Any]]] = [
        *(
            (
                "property",
                {
                    "id": name,
                    "title_fr": "",
                    "title_en": "",
                    "unit": "1",
                    "resolution": 0.1,
                    "kind": kind,
                },
            )
            for name, kind in KINDS.items()
        ),
        *(
            ("device", {"id": d, "name": d, "codec": "c", "use_case": "u", "nominal_period": p})
            for d, p in (("D", 300.0), ("S", 1.0))
        ),
    ]
    core = Core(registry(declared(items)), 48 * 3600 * SECOND)
    for n, (name, line) in enumerate(SAMPLES.items()):
        device = "S" if name == "sound_level" else "D"
        core.run(
            [
                record(
                    Frame(
                        (n << 32 | i).to_bytes(16, "big"),
                        device,
                        _micros(at) + SECOND,
                        _micros(at),
                        (Measure(name, value),),
                    )
                )
                for i, (at, value) in enumerate(line)
            ]
        )
    return [row | {"device": "D"} for row in core.said.current("Window").values()]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0)


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()


def _seconds(day: date) -> float:
    ends = (datetime(d.year, d.month, d.day, tzinfo=PARIS) for d in (day, day + timedelta(1)))
    first, last = (end.astimezone(UTC) for end in ends)
    return (last - first).total_seconds()


def _by(
    key: Callable[[datetime], Any], line: list[tuple[datetime, float]]
) -> dict[Any, list[float]]:
    found: dict[Any, list[float]] = defaultdict(list)
    for at, value in line:
        found[key(at)].append(value)
    return found


def _held(line: list[tuple[datetime, float]]) -> dict[date, list[tuple[float, float]]]:
    """By civil day: values and the seconds that they held, second by second across midnight."""
    found: dict[date, list[tuple[float, float]]] = defaultdict(list)
    for (at, value), (until, _) in pairwise(line):
        if until - at <= timedelta(seconds=750):
            parts: dict[date, int] = defaultdict(int)
            for second in range(int((until - at).total_seconds())):
                parts[_day(at + timedelta(seconds=second))] += 1
            for day, seconds in parts.items():
                found[day].append((value, seconds))
    return found


def _mean(rows: list[dict[str, Any]], line: list[tuple[datetime, float]]) -> None:
    wanted = _by(_hour, line)
    assert {r["hour"].replace(tzinfo=UTC) for r in rows} == set(wanted)
    for row in rows:
        values = wanted[row["hour"].replace(tzinfo=UTC)]
        assert row["mean"] == pytest.approx(statistics.fmean(values))
        assert row["deviation"] == pytest.approx(statistics.pstdev(values), abs=1e-6)
        assert (row["lowest"], row["highest"]) == (min(values), max(values))


def _over_time(rows: list[dict[str, Any]], line: list[tuple[datetime, float]]) -> None:
    wanted = _held(line)
    assert [r["day"] for r in rows] == sorted(wanted)
    for row in rows:
        seconds = sum(s for _, s in wanted[row["day"]])
        mean = sum(v * s for v, s in wanted[row["day"]]) / seconds
        assert row["mean"] == pytest.approx(mean)
        assert row["covered"] == pytest.approx(seconds / _seconds(row["day"]))


def _laeq(rows: list[dict[str, Any]], line: list[tuple[datetime, float]]) -> None:
    wanted = _by(_day, line)
    assert [r["day"] for r in rows] == sorted(wanted)
    for row in rows:
        energies = [10 ** (value / 10) for value in wanted[row["day"]]]
        assert row["laeq"] == pytest.approx(10 * math.log10(statistics.fmean(energies)))
        assert row["seconds"] == len(energies)


def _exceeded(rows: list[dict[str, Any]], line: list[tuple[datetime, float]]) -> None:
    wanted = _by(_day, line)
    assert [r["day"] for r in rows] == sorted(wanted)
    for row in rows:
        tenths = sorted(math.floor(v * 10 + 0.5) / 10 for v in wanted[row["day"]])
        for name, share in (("l10", 0.1), ("l50", 0.5), ("l90", 0.9)):
            above = sum(v > row[name] for v in tenths) / len(tenths)
            reached = sum(v >= row[name] for v in tenths) / len(tenths)
            assert above <= share <= reached


def _direction(rows: list[dict[str, Any]], line: list[tuple[datetime, float]]) -> None:
    wanted = _by(_hour, line)
    assert len(rows) == len(wanted)
    for row in rows:
        turns = [math.radians(v) for v in wanted[row["hour"].replace(tzinfo=UTC)]]
        x, y = (statistics.fmean(map(of, turns)) for of in (math.cos, math.sin))
        assert row["direction"] == pytest.approx(math.degrees(math.atan2(y, x)) % 360)
        assert row["steadiness"] == pytest.approx(math.hypot(x, y))


def _consumption(rows: list[dict[str, Any]], line: list[tuple[datetime, float]]) -> None:
    wanted: dict[date, float] = defaultdict(float)
    for (_, before), (at, value) in pairwise(line):
        wanted[_day(at)] += value - before if value >= before else value
    assert {r["day"]: r["consumption"] for r in rows} == pytest.approx(wanted)


def _share(rows: list[dict[str, Any]], line: list[tuple[datetime, float]]) -> None:
    wanted = _held(line)
    assert [r["day"] for r in rows] == sorted(wanted)
    for row in rows:
        lit = sum(s for v, s in wanted[row["day"]] if v == 1.0)
        assert row["lit"] == pytest.approx(lit / sum(s for _, s in wanted[row["day"]]))
        assert row["hours"] == pytest.approx(lit / 3600)


def _complete(rows: list[dict[str, Any]], line: list[tuple[datetime, float]]) -> None:
    wanted = _by(_day, line)
    assert {r["day"]: r["came"] for r in rows} == {d: len(v) for d, v in wanted.items()}
    for row in rows:
        assert row["completeness"] == pytest.approx(row["came"] * 300 / _seconds(row["day"]))


CHECKS: dict[str, Check] = {
    "air_temperature0": _mean,
    "water_level1": _over_time,
    "sound_level2": _laeq,
    "sound_level3": _exceeded,
    "wind_direction4": _direction,
    "water_volume5": _consumption,
    "lamp_state6": _share,
    "air_temperature7": _complete,
}


def test_each_statement_gives_what_the_samples_give(client: Client) -> None:
    client.insert_arrow("windows", arrow("windows", _said()))
    body = '{"name":"d","use_case":"u","nominal_period":300}'
    row = declaration("device", "D", body) | {"revision": 0, "is_deleted": False}
    client.insert_arrow("declarations", arrow("declarations", [row]))
    assert SQL.keys() == CHECKS.keys()
    for name, sql in SQL.items():
        rows = list(client.query(sql).named_results())
        assert rows, name
        CHECKS[name](rows, SAMPLES[name[:-1]])
        hours = client.query(sql.replace("duration = 900", "duration = 3600")).result_rows
        assert len(hours) == len(rows), "an hour is made of the same samples"
