"""Noise indicators against plain Python, over both nights when the clocks change."""

import itertools
import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store import indicators
from connectors.store.tables import arrow
from tests.connectors.store.periods import PARIS, QUARTER, asked, local, micros
from tests.connectors.store.records import window

SPANS = {
    "an ordinary week": (date(2026, 6, 1), 3),
    "around the day of 23 hours": (date(2026, 3, 27), 4),
    "around the day of 25 hours": (date(2026, 10, 23), 4),
}
MUTANTS = {
    "the night weighs nine hours": ("+ 8 * exp10", "+ 9 * exp10"),
    "the evening ends at 23": ("hour < 22", "hour < 23"),
    "the small hours belong to the day after": ("- toIntervalDay(hour", "+ toIntervalDay(hour"),
    "civil periods go by UTC": ("'Europe/Paris'", "'UTC'"),
    "three quarters are not enough": ("capture_night >= 0.75", "capture_night > 0.75"),
    "every night has eight hours": ("dateDiff('second', nightfall, next_morning)", "28800"),
    "the penalty of the night is 5 dB": ("ln + 10", "ln + 5"),
}


def _starts(first: date, days: int) -> list[datetime]:
    at, end, found = local(first, 0), local(first + timedelta(days=days), 12), []
    while at < end:
        found.append(at)
        at += QUARTER
    return found


Levels = Mapping[datetime, float]


def _store(client: Client, device: str, levels: Levels, missing: Iterable[datetime] = ()) -> None:
    rows = [
        window(device, micros(at), energy=900 * 10 ** (level / 10), exposure=900.0)
        for at, level in levels.items()
    ]
    rows += [window(device, micros(at), good=0, fail=1, energy=0.0, exposure=0.0) for at in missing]
    client.insert_arrow("windows", arrow("windows", rows))


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
    edges = [local(day, 6), local(day, 18), local(day, 22), local(after, 6)]
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


def _agree(client: Client, stored: Mapping[str, Levels], whole: Levels) -> None:
    """Every row of both indicators is the oracle's."""
    for row in (rows := asked(client, "noise_laeq")):
        start = row["period_start"]
        value, capture = _leq(stored[row["device"]], start, start + timedelta(hours=1))
        _same(row, {"value": value, "capture": capture})
        assert row["local_date"] == start.astimezone(PARIS).date()
        assert row["good"] + row["fail"] == 4
    assert len(rows) == len(stored) * len(whole) // 4

    for row in (rows := asked(client, "noise_lden")):
        day = row["local_date"]
        _same(row, _lden(stored[row["device"]], day))
        assert row["period_start"] == local(day, 6)
        assert row["period_end"] == local(day + timedelta(days=1), 6)
    assert {row["device"] for row in rows if row["value"] is not None} == set(stored)


def _stored(client: Client, span: str) -> tuple[Mapping[str, Levels], Levels]:
    """A device that never fails, one that often does, one that keeps three quarters exactly."""
    rng = random.Random(span)
    whole = {at: rng.uniform(35, 85) for at in _starts(*SPANS[span])}
    stored = {
        "whole": whole,
        "holes": {at: level for at, level in whole.items() if rng.random() < 0.9},
        "edge": {at: level for at, level in whole.items() if at.minute != 45},
    }
    for device, levels in stored.items():
        _store(client, device, levels, missing=set(whole) - set(levels))
    return stored, whole


@pytest.mark.parametrize("span", SPANS)
def test_noise_is_what_the_directive_says(client: Client, span: str) -> None:
    _agree(client, *_stored(client, span))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_comparison_can_fail(client: Client, mutant: str) -> None:
    lden = indicators.load()["noise_lden"]
    right, wrong = MUTANTS[mutant]
    assert right in lden.sql
    indicators.install(client, {"noise_lden": replace(lden, sql=lden.sql.replace(right, wrong))})
    with pytest.raises(AssertionError):
        _agree(client, *_stored(client, "around the day of 25 hours"))


@pytest.mark.parametrize(("lost", "known"), [(0, True), (1, False)])
@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 6, 2), date(2026, 10, 24)])
def test_three_quarters_of_each_period_are_enough_and_one_less_is_not(
    client: Client, day: date, lost: int, known: bool
) -> None:
    after = day + timedelta(days=1)
    edges = [local(day, 6), local(day, 18), local(day, 22), local(after, 6)]
    levels: dict[datetime, float] = {}
    for start, end in itertools.pairwise(edges):
        quarters = (end - start) // QUARTER
        kept = quarters * 3 // 4 - (lost if start == edges[2] else 0)
        levels |= {start + i * QUARTER: 60.0 for i in range(kept)}
    _store(client, "A", levels)
    [row] = asked(client, "noise_lden")
    _same(row, _lden(levels, day))
    assert (row["value"] is not None) is known
    assert row["ld"] == pytest.approx(60.0)


def test_what_no_value_covers_has_no_level(client: Client) -> None:
    _store(client, "A", {}, missing=[local(date(2026, 6, 1), 7)])
    for name in ("noise_laeq", "noise_lden"):
        [row] = asked(client, name)
        assert (row["value"], row["capture"], row["fail"]) == (None, 0.0, 1)
