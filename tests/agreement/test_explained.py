"""What is explained is what was judged: the row that a worker said, and steps that lead to it."""

import math
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.applicable import Key
from streams.explain import Explanation, Series, mismatches, place, traced, why
from streams.plan import DevicePlan
from streams.quality import FAIL, GOOD, MISSING, UNKNOWN
from streams.siblings import usable
from tests.agreement.core import Core
from tests.agreement.test_any_order import DEVICES, HOUR, MIDNIGHT, REGISTRY, _frames, _run
from tests.oracle.declared import SECOND, Frame, Measure

RANK = (MISSING, UNKNOWN, GOOD, 3, FAIL)


def series(core: Core, device: str, key: Key) -> Series:
    """A series with its trace, from the samples that a worker keeps."""
    kept = core.state.device(device).series
    rows = {k: s.rows for k, s in kept.items() if len(s.rows) and k[0]}
    plan = DevicePlan(REGISTRY, REGISTRY.get("device", device))
    return traced(rows, usable(plan, sorted(rows)), key)


def explained(found: Series, at: int) -> Explanation:
    i = place(found, at)
    assert i is not None
    return found.explain(i)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(frames=_frames(span=3 * HOUR, late=6 * HOUR), rng=st.randoms(use_true_random=False))
def test_every_row_is_explained_by_steps_that_lead_to_it(frames: list[Frame], rng: Random) -> None:
    core = _run(frames, rng, 48 * HOUR)
    known: dict[tuple[str, str, str], Series] = {}
    for (*of, at), said in core.said.current("Observation").items():
        device, name, channel = of
        if (device, name, channel) not in known:
            known[device, name, channel] = series(core, device, (name, channel))
        found = explained(known[device, name, channel], at)
        assert mismatches(found.row, said) == []
        _leads(found, said)


def _leads(found: Explanation, said: dict[str, Any]) -> None:
    """From the raw value over the stages to the value, from the tests to the flag."""
    value = said["raw"]
    assert [stage["id"] for stage in found.stages if value is not None] == said["calibrations"]
    for stage in found.stages:
        assert stage["given"] == value
        value = stage["made"]
        for beside in stage["beside"]:
            assert (beside["value"] is None) == (beside["at"] is None)
    assert (value is None) == (said["value"] is None)
    if value is not None:
        assert math.isclose(value, said["value"], abs_tol=0.51)
    flags = {test["name"]: test["flag"] for test in found.tests} | found.others
    assert {name: flag for name, flag in flags.items() if flag} == said["tests"]
    worst = max((RANK.index(f) for f in flags.values() if f), default=RANK.index(UNKNOWN))
    wanted = flags.get("verdict") or (RANK[worst] if said["value"] is not None else MISSING)
    assert said["flag"] == (MISSING if said["value"] is None else wanted)


def test_a_sibling_is_told_with_the_instant_at_which_it_was_measured() -> None:
    at = MIDNIGHT + 2 * HOUR
    measures = Measure("sound", 60.0), Measure("level", 50.0, "", at - 200 * SECOND)
    frame = Frame(b"f" * 16, DEVICES[0], at + SECOND, at, measures)
    core = _run([frame], Random(1), 48 * HOUR)
    found = explained(series(core, DEVICES[0], ("sound", "")), at)
    (stage,) = found.stages
    level = -2.0 + 0.9 * 50.0
    assert stage["beside"] == [{"property": "level", "value": level, "at": at - 200 * SECOND}]
    assert stage["made"] == 1.0 + 0.5 * 60.0 + 0.25 * level


def test_a_mismatch_says_which_field_and_what_may_explain_it() -> None:
    said = {"value": 1.0, "flag": 1, "config_version": 7, "tests": {"spike": 1}}
    assert mismatches(said, {**said, "revision": 3}) == []
    stored = {**said, "value": 2.0, "config_version": 6}
    found = mismatches(said, stored)
    assert [each["field"] for each in found] == ["value", "config_version"]
    assert found[0] == {"field": "value", "stored": 2.0, "computed": 1.0}
    reasons = why(found, stored, "declared", settled=False)
    assert "has changed" in reasons[0]
    assert "pending (declared)" in reasons[1]
    assert why([], said, "declared", settled=True) == []
    (unknown,) = why(found[:1], stored, "", settled=True)
    assert "reprocess" in unknown
