"""The simulator's truth against cases worked by hand and against the oracle of the tests."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime
from math import log10

import pytest

from connectors.simulator.city import Sensor, city
from connectors.simulator.inventory import inventory
from connectors.simulator.judged import FAIL, GOOD, MISSING, SUSPECT, UNKNOWN, judged
from connectors.simulator.models import SONOMETRE
from connectors.simulator.plan import Frame, Plan, plan
from connectors.simulator.truth import FLAGS, _day_evening_night, _local, truth
from streams.duration import HOUR, SECOND
from streams.inventory import micros
from tests.oracle import declared as oracle
from tests.oracle.observations import observations

START = datetime(2026, 10, 23, tzinfo=UTC)
QUARTER = 900 * SECOND
METER = next(s for s in city(1, 30) if s.model is SONOMETRE and s.calibration is None)


def _frames(values: list[float | None], start: int, sensor: Sensor = METER) -> list[Frame]:
    return [
        Frame(sensor, n, start + n * QUARTER, None if v is None else round(v * 10), b"", True)
        for n, v in enumerate(values)
    ]


def _flags(values: list[float | None], test: str) -> list[int]:
    return [row.tests[test] for row in judged(METER, _frames(values, 0))]


def test_gross_range_has_inclusive_bounds() -> None:
    values = [30.0, 29.9, 110.0, 110.1, 20.0, 19.9, 130.1, None]
    flags = [GOOD, SUSPECT, GOOD, SUSPECT, SUSPECT, FAIL, FAIL, MISSING]
    assert _flags(values, "gross_range") == flags


def test_a_spike_needs_both_neighbours() -> None:
    values = [50.0, 50.0, 85.0, 50.0, 100.1, 50.0, None, 50.0, 50.0]
    flags = [UNKNOWN, GOOD, GOOD, GOOD, FAIL, UNKNOWN, MISSING, UNKNOWN, UNKNOWN]
    flags[3] = SUSPECT  # |50 - (85 + 100.1) / 2| = 42.55
    assert _flags(values, "spike") == flags


def test_a_flat_line_is_suspect_after_three_hours_and_fails_after_six() -> None:
    flags = _flags([50.0] * 30, "flat_line")
    assert flags == [UNKNOWN] * 11 + [SUSPECT] * 11 + [FAIL] * 8
    assert SUSPECT not in _flags([50.0, 50.2] * 15, "flat_line")


def test_lden_weighs_evening_and_night_also_when_the_clocks_go_back() -> None:
    """From 06:00 on the 24th to 06:00 on the 25th there are 100 quarter-hours."""
    rows = judged(METER, _frames([60.0, 61.0] * 50, _local(date(2026, 10, 24), 6)))
    mean = (10**6 + 10**6.1) / 2
    expected = 10 * log10(mean * (12 + 4 * 10**0.5 + 8 * 10) / 24)
    assert _day_evening_night(rows, date(2026, 10, 24)) == pytest.approx(expected, rel=1e-12)
    quarter_of_the_night = 9
    assert _day_evening_night(rows[:-quarter_of_the_night], date(2026, 10, 24)) is not None
    assert _day_evening_night(rows[: -quarter_of_the_night - 1], date(2026, 10, 24)) is None


def test_the_night_of_the_clock_change_has_nine_hours() -> None:
    saturday, sunday = date(2026, 10, 24), date(2026, 10, 25)
    assert _local(saturday, 30) - _local(saturday, 22) == 9 * HOUR
    assert _local(sunday, 30) - _local(sunday, 22) == 8 * HOUR
    assert _local(sunday, 0) == micros(datetime(2026, 10, 24, 22, tzinfo=UTC))


@pytest.fixture(scope="module")
def two_days() -> Plan:
    return plan(seed=5, start=START, days=2, devices=12)


def _declared(made: Plan) -> oracle.Declared:
    kinds: dict[str, list[dict[str, object]]] = {}
    for kind, item in inventory(made):
        kinds.setdefault(kind, []).append(item.model_dump(by_alias=True))
    return oracle.Declared(
        devices={str(d["id"]): d for d in kinds["device"]},
        properties={str(p["id"]): p for p in kinds["property"]},
        calibrations=tuple(kinds["calibration"]),
        profiles=tuple(kinds["profile"]),
    )


def test_rows_and_flags_are_those_of_the_oracle(two_days: Plan) -> None:
    """Two readings of the same norm, written apart, agree on every sample."""
    delivered = [
        oracle.Frame(
            frame_id=f"{p.frame.sensor.eui}{p.frame.counter}".encode(),
            device=p.frame.sensor.eui,
            arrival=p.arrival,
            observed_at=p.frame.observed_at,
            measures=(
                oracle.Measure(
                    p.frame.sensor.model.property,
                    None if p.frame.tenths is None else p.frame.tenths / 10,
                ),
            ),
        )
        for p in two_days.posts
        if p.frame.intact
    ]
    theirs = {
        (device, at): (row.value, row.flag, row.tests)
        for (device, _, _, at), row in observations(delivered, _declared(two_days)).items()
    }
    ours = {
        (sensor.eui, row.at): (row.value, row.flag, row.tests)
        for sensor in two_days.sensors
        for row in judged(sensor, [f for f in two_days.frames if f.sensor is sensor])
    }
    assert ours == theirs


def test_counts_add_up(two_days: Plan) -> None:
    found = truth(two_days)
    assert found.sent == len(two_days.posts)
    assert found.unique == found.observed + found.dead
    assert found.dead == 1
    assert sum(n for flags in found.flagged.values() for n in flags.values()) == found.observed
    assert set(FLAGS.values()) >= {f for flags in found.flagged.values() for f in flags}
    assert found.flagged["noise"]["missing"] == 1
    assert found.raised["noise"]["flat_line fail"] >= 8
    assert found.raised["noise"]["flat_line suspect"] >= 10


def test_a_lost_hour_has_no_level_and_the_first_full_day_has_a_lden(two_days: Plan) -> None:
    found = truth(two_days)
    (lost,) = (f for f in two_days.faults if f.kind == "lost")
    meters = [s for s in two_days.sensors if s.model is SONOMETRE]
    hours = Counter(device for device, _ in found.indicators["noise_laeq"])
    for meter in meters:
        assert hours[meter.eui] <= 48 - (meter.network == lost.target)
    days = {at for _, at in found.indicators["noise_lden"]}
    assert days == {micros(datetime(2026, 10, 23, 4, tzinfo=UTC))}


def test_the_truth_uses_nothing_of_the_judgement() -> None:
    """Neither directly nor through what it imports: a mistake there must not be made here."""
    code = "import sys, connectors.simulator.truth; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name.split(".")[1] for name in done.stdout.split() if name.startswith("streams.")}
    assert ours == {"duration", "inventory"}
