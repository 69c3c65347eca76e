"""A drift between two maintenances: provisional while only the first is known, restated by the
closing one, live within the horizon and by pending days before it."""

from typing import Any

from streams.inventory import NEVER, micros
from streams.inventory.declared import Span
from streams.inventory.difference import Difference
from streams.inventory.influence import Influence, influences
from tests.agreement.core import Core, declared, record, registry, tick
from tests.oracle.declared import SECOND, Frame, Measure

HOUR = 3600 * SECOND
OPENED, CLOSED = "2026-05-01T00:00:00Z", "2026-05-11T00:00:00Z"
BEGUN = micros(Span.model_validate({"from": OPENED}).start)  # type: ignore[arg-type]
DAY = 24 * HOUR
_TITLES = {"title_fr": "", "title_en": ""}
_DRIFT = {"id": "k", "device": "D", "property": "p", "stage": "drift", "kind": "drift"}
CITY = registry(
    declared(
        [
            ("property", {"id": "p", "unit": "mm", "resolution": 0.1, **_TITLES}),
            (
                "device",
                {"id": "D", "name": "D", "codec": "c", "use_case": "u", "nominal_period": 900},
            ),
        ]
    )
)


def drift(**known: Any) -> Any:
    """The calibration, from its opening on."""
    params = {"opened": OPENED, **known}
    ((_, found),) = declared([("calibration", {**_DRIFT, "from": OPENED, "params": params})])
    return found


def rows(core: Core) -> list[tuple[float, bool, list[str], dict[str, int]]]:
    found = core.said.current("Observation")
    return [
        (r["value"], r["provisional"], r["calibrations"], r["tests"])
        for _, r in sorted(found.items(), key=lambda item: item[0][3])
    ]


def test_a_closing_maintenance_restates_what_was_provisional() -> None:
    """Two millimetres of drift in ten days: a tenth of it a day."""
    core = Core(CITY.having("calibration", "k", drift()), 20 * DAY)
    for day in (0, 1, 5, 10):
        at = BEGUN + day * DAY
        core.run([record(Frame(bytes([day + 1]) * 16, "D", at, at, (Measure("p", 50.0),)))])
    assert rows(core) == [(50.0, True, ["k"], {})] * 4
    before = {key: row["revision"] for key, row in core.said.current("Observation").items()}

    core.registry = CITY.having("calibration", "k", drift(closed=CLOSED, last=2.0))
    core.restart()
    core.run([tick(core.clock + 60 * SECOND)])
    values = [50.0, 49.8, 49.0, 48.0]
    assert rows(core) == [(value, False, ["k"], {}) for value in values]
    after = {key: row["revision"] for key, row in core.said.current("Observation").items()}
    assert all(after[key] > before[key] for key in before)
    assert core.said.faults == []


def test_after_the_closing_nothing_is_known_of_the_drift() -> None:
    core = Core(CITY.having("calibration", "k", drift(closed=CLOSED, last=2.0)), 20 * DAY)
    at = BEGUN + 11 * DAY
    core.run([record(Frame(b"f" * 16, "D", at, at, (Measure("p", 50.0),)))])
    assert rows(core) == [(48.0, False, ["k"], {"calibration_range": 3})]


def test_what_lies_before_the_horizon_becomes_pending() -> None:
    before = CITY.having("calibration", "k", drift())
    change = Difference("calibration", "k", drift(), drift(closed=CLOSED, last=2.0))
    after = before.after([change.change])
    assert influences([change], before, after) == [Influence("D", "p", BEGUN, NEVER)]
