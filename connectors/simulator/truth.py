"""What vigie must have made of the plan: counts, flags and indicators, from the seed alone.

Nothing of the judgement and nothing of the store's SQL is used here; sums and medians are plain
Python over the quantised true signal.

Sources: ISO 1996-1:2016, 3.6.1 (LAeq); Directive 2002/49/EC, annex I, with the French hours of
article R. 572-4 of the Code de l'environnement (Lden).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import log10
from statistics import median
from zoneinfo import ZoneInfo

from connectors.simulator.city import Sensor
from connectors.simulator.judged import MISSING, SUSPECT, Row, judged
from connectors.simulator.plan import Plan
from connectors.simulator.signals import SLOT
from streams.duration import HOUR, SECOND
from streams.inventory import micros

PARIS = ZoneInfo("Europe/Paris")
CAPTURE = 0.75
"""Share of a period that must be covered for a level to be given."""

FLAGS = {1: "good", 2: "unknown", 3: "suspect", 4: "fail", 9: "missing"}

Values = Mapping[tuple[str, int], float]
"""By device and start of the period, UTC microseconds."""

_PARTS = (("day", 6, 18, 12, 0), ("evening", 18, 22, 4, 5), ("night", 22, 30, 8, 10))
"""Name, local hours from and to (30: six in the following morning), weight, penalty in dB."""


@dataclass(frozen=True)
class Truth:
    """``sent`` requests, ``unique`` frames, ``observed`` samples, ``dead`` frames nobody can read;
    ``flagged`` rows by use case and flag; ``raised`` suspect and fail by use case and test."""

    sent: int
    unique: int
    observed: int
    dead: int
    flagged: Mapping[str, Mapping[str, int]]
    raised: Mapping[str, Mapping[str, int]]
    indicators: Mapping[str, Values]


def truth(plan: Plan) -> Truth:
    """The truth of a plan once everything has arrived."""
    of_sensor = defaultdict(list)
    for frame in plan.frames:
        of_sensor[frame.sensor.eui].append(frame)
    series = {s: judged(s, of_sensor[s.eui]) for s in plan.sensors}
    rows = [row for rows in series.values() for row in rows]
    gauges = {s.eui: r for s, r in series.items() if s.model.property == "fill_level"}
    meters = {s.eui: r for s, r in series.items() if s.model.property == "sound_level"}
    return Truth(
        sent=len(plan.posts),
        unique=len(plan.frames),
        observed=len(rows),
        dead=sum(not frame.intact for frame in plan.frames),
        flagged=_by_use_case((r.sensor, FLAGS[r.flag]) for r in rows),
        raised=_by_use_case(_raised(rows)),
        indicators={
            "pav_fill": _fill(gauges),
            "noise_laeq": _laeq(meters),
            "noise_lden": _lden(meters),
        },
    )


def _raised(rows: Iterable[Row]) -> Iterable[tuple[Sensor, str]]:
    for row in rows:
        for test, flag in row.tests.items():
            if row.flag != MISSING and flag >= SUSPECT:
                yield row.sensor, f"{test} {FLAGS[flag]}"


def _by_use_case(what: Iterable[tuple[Sensor, str]]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sensor, name in what:
        counts[sensor.model.use_case][name] += 1
    return {use_case: dict(sorted(names.items())) for use_case, names in counts.items()}


def _hours(rows: Iterable[Row]) -> dict[int, list[float]]:
    hours = defaultdict(list)
    for row in rows:
        if row.counts and row.value is not None:
            hours[row.at - row.at % HOUR].append(row.value)
    return hours


def _fill(gauges: Mapping[str, Sequence[Row]]) -> Values:
    return {(d, h): median(v) for d, rows in gauges.items() for h, v in _hours(rows).items()}


def _level(values: Sequence[float], seconds: float) -> float | None:
    """Energy mean of levels that stand for a slot each; None where too little is covered."""
    if len(values) * SLOT < CAPTURE * seconds:
        return None
    return 10 * log10(sum(10 ** (level / 10) for level in values) / len(values))


def _laeq(meters: Mapping[str, Sequence[Row]]) -> Values:
    found = {}
    for device, rows in meters.items():
        for hour, values in _hours(rows).items():
            level = _level(values, 3600)
            if level is not None:
                found[device, hour] = level
    return found


def _lden(meters: Mapping[str, Sequence[Row]]) -> Values:
    found = {}
    for device, rows in meters.items():
        for day in sorted({datetime.fromtimestamp(r.at / 1e6, PARIS).date() for r in rows}):
            level = _day_evening_night(rows, day)
            if level is not None:
                found[device, _local(day, 6)] = level
    return found


def _local(day: date, hour: int) -> int:
    """An hour of a civil day in Europe/Paris, in UTC microseconds; 24 and more: the next day's."""
    midnight = datetime.combine(day + timedelta(days=hour // 24), time(hour % 24), PARIS)
    return micros(midnight.astimezone(UTC))


def _day_evening_night(rows: Sequence[Row], day: date) -> float | None:
    total = 0.0
    for _, since, until, weight, penalty in _PARTS:
        start, end = _local(day, since), _local(day, until)
        here = [r.value for r in rows if start <= r.at < end and r.counts and r.value is not None]
        level = _level(here, (end - start) / SECOND)
        if level is None:
            return None
        total += weight * 10 ** ((level + penalty) / 10)
    return 10 * log10(total / 24)
