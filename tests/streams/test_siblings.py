"""Series of one device that need each other: what is taken, and what would go in a circle."""

from typing import Any

import numpy as np
import pytest

from streams.plan import DevicePlan
from streams.samples import ROW, Rows
from streams.siblings import Together, circular, usable
from tests.agreement.core import declared, registry

SECOND = 1_000_000
Item = tuple[str, dict[str, Any]]
NAMES = ("pm2_5", "relative_humidity", "laeq", "la90")
PROPERTIES: list[Item] = [
    ("property", {"id": n, "title_fr": n, "title_en": n, "unit": "1", "resolution": 0.1})
    for n in NAMES
]
DEVICE: Item = (
    "device",
    {"id": "D", "name": "d", "codec": "c", "use_case": "u", "nominal_period": 900},
)


def corrected(name: str, by: str, **more: Any) -> Item:
    """A calibration of ``name`` that adds the value of ``by``."""
    params = {"slope": 1.0, "temperature": 1.0, "temperature_property": by, "tolerance": 60.0}
    content = {"id": f"{name}-{by}", "device": "D", "property": name, "kind": "multilinear"}
    return "calibration", content | {"params": params} | more


def with_tests(name: str, **tests: Any) -> Item:
    """A profile of ``name``."""
    return "profile", {"id": f"of-{name}", "property": name, "tests": tests}


def plan(*items: Item) -> DevicePlan:
    found = registry(declared([*PROPERTIES, DEVICE, *items]))
    return DevicePlan(found, found.get("device", "D"))


def rows(*samples: tuple[float, float]) -> Rows:
    """Samples of (seconds, value), each a frame of its own."""
    made = np.zeros(len(samples), ROW)
    made["at"] = [round(at * SECOND) for at, _ in samples]
    made["value"] = [value for _, value in samples]
    made["frame"] = [b"%d" % i for i in range(1, len(samples) + 1)]
    return made


def together(of: DevicePlan, **series: Rows) -> Together:
    found = {(name, ""): r for name, r in series.items()}
    return Together(found, usable(of, found))


def test_the_nearest_is_taken_and_of_two_as_near_the_earlier() -> None:
    of = plan(corrected("pm2_5", "relative_humidity"))
    wet = rows((0, 10), (40, 20), (200, 30))
    judged = together(of, pm2_5=rows((20, 1), (21, 1), (100, 1), (139, 1), (140, 1)))
    assert np.isnan(judged.judged(("pm2_5", "")).value).all()
    judged = together(
        of, pm2_5=rows((20, 1), (21, 1), (100, 1), (140, 1), (141, 1)), relative_humidity=wet
    )
    found = judged.judged(("pm2_5", ""))
    assert found.value.tolist() == [11, 21, 21, 31, 31]


def test_what_is_suspect_corrects_nothing_and_the_row_says_what_was_wanting() -> None:
    gross = {"fail": [0, 103], "suspect": [5, 100]}
    of = plan(
        corrected("pm2_5", "relative_humidity"), with_tests("relative_humidity", gross_range=gross)
    )
    judged = together(of, pm2_5=rows((0, 1), (90, 1)), relative_humidity=rows((0, 3), (90, 50)))
    found = judged.judged(("pm2_5", ""))
    assert np.isnan(found.value[0])
    assert (found.value[1], found.flag.tolist()) == (51, [9, 2])
    assert found.tests["calibration_input"].tolist() == [2, 0]


def test_tests_may_look_at_each_other() -> None:
    above = {"at_most": ["laeq"]}
    below = {"at_least": ["la90"]}
    of = plan(with_tests("la90", multivariate=above), with_tests("laeq", multivariate=below))
    judged = together(of, la90=rows((0, 50), (1, 70), (2, 40)), laeq=rows((0, 60), (1, 60)))
    assert circular(usable(of, [("la90", ""), ("laeq", "")])) == frozenset()
    assert judged.judged(("la90", "")).tests["multivariate"].tolist() == [1, 3, 2]
    assert len(judged.judged(("laeq", "")).tests["multivariate"]) == 2


def test_what_would_correct_itself_over_others_is_found() -> None:
    of = plan(
        corrected("pm2_5", "relative_humidity"),
        corrected("relative_humidity", "laeq"),
        corrected("laeq", "pm2_5"),
        corrected("la90", "pm2_5"),
    )
    plans = {(name, ""): of.series((name, "")) for name in NAMES}
    assert circular(plans) == {(n, "") for n in ("pm2_5", "relative_humidity", "laeq")}
    assert set(usable(of, plans)) == {("la90", "")}


def test_the_own_channel_comes_before_none() -> None:
    of = plan(corrected("pm2_5", "relative_humidity", channel="b"))
    found = {("pm2_5", "b"): rows((0, 1)), ("relative_humidity", ""): rows((0, 5))}
    assert Together(found, usable(of, found)).judged(("pm2_5", "b")).value.tolist() == [6]
    found["relative_humidity", "b"] = rows((0, 7))
    assert Together(found, usable(of, found)).judged(("pm2_5", "b")).value.tolist() == [8]


HELD = 2 * 2250
"""Seconds: a value holds for two and a half periods, and another is cut off by a late one."""
WINDOW = 3600 + HELD

FLAT = {"suspect": 3600.0, "fail": 7200.0, "tolerance": 0.5}
TESTS = with_tests("relative_humidity", flat_line=FLAT, multivariate={"at_most": ["laeq"]})
BY_HUMIDITY = corrected("pm2_5", "relative_humidity")


def test_how_far_a_series_depends_on_others_is_known() -> None:
    of = plan(BY_HUMIDITY, with_tests("relative_humidity", flat_line=FLAT))
    assert of.series(("pm2_5", "")).beyond == (60 + 7200) * SECOND
    assert of.series(("relative_humidity", "")).beyond == 0


@pytest.mark.parametrize(
    ("items", "beyond", "own"),
    [
        ([], 0, 0),
        ([TESTS], 0, 7200),
        ([BY_HUMIDITY], 60, 0),
        ([BY_HUMIDITY, TESTS], 60 + 7200, 7200),
        ([BY_HUMIDITY, corrected("relative_humidity", "laeq")], 2 * 60, 0),
        ([BY_HUMIDITY, TESTS, corrected("laeq", "la90")], 2 * (60 + 7200), 7200),
        (
            [BY_HUMIDITY, corrected("relative_humidity", "laeq"), corrected("laeq", "pm2_5")],
            3 * 60,
            0,
        ),
    ],
)
def test_what_is_taken_from_what_takes_another_lies_twice_as_far(
    items: list[Item], beyond: int, own: int
) -> None:
    of = plan(*items)
    assert of.series(("pm2_5", "")).beyond == beyond * SECOND
    held = [(name, "") for name in NAMES]
    assert of.reach(held) - of.reach() in {n * SECOND for n in (0, HELD, own + HELD)}
    assert of.reach(held) == (own + beyond + WINDOW) * SECOND


def test_what_is_taken_at_the_same_instant_only_is_judged_as_far_back_as_its_tests_look() -> None:
    """Its flags decide what it corrects."""
    name, content = BY_HUMIDITY
    at_once = (name, content | {"params": content["params"] | {"tolerance": 0.0}})
    of = plan(at_once, with_tests("relative_humidity", flat_line=FLAT))
    assert of.reach() == (7200 + 7200 + WINDOW) * SECOND


def test_a_snapshot_is_looked_through_once_and_the_next_one_again() -> None:
    known = plan().registry
    asked: list[object] = []
    for snapshot in (known, known, known.having("device", "D", None)):
        snapshot.once(asked.append)
    assert len(asked) == 2
