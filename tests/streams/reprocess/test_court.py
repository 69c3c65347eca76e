"""Devices of a task are judged together, and each as if it stood alone."""

from random import Random
from typing import Any

import pytest

from connectors.store.tables import SCHEMAS
from streams.applicable import Key
from streams.registry import Registry
from streams.reprocess import arrow
from streams.reprocess.contract import Job, Span, Task
from streams.reprocess.court import Court
from streams.reprocess.task import judge
from streams.samples import Rows
from tests.agreement.core import declared, registry
from tests.streams.reprocess.series import (
    SECOND,
    SINCE,
    Item,
    device,
    history,
    linear,
    prop,
    taking,
)

KINDS = ("instantaneous", "level", "index", "angle", "state")
DEVICES = ("A", "B", "C", "D", "E", "F")
DAY = 86_400 * SECOND
WHOLE: Span = (SINCE - DAY, SINCE + 4 * DAY)
TESTS = {
    "gross_range": {"fail": [-40, 38], "suspect": [1, 30]},
    "flat_line": {"suspect": 1200, "fail": 3600, "tolerance": 0.5},
    "spike": {"suspect": 10.0, "fail": 25.0, "max_gap": 7200.0},
}


def _named(item: Item, name: str, **more: Any) -> Item:
    return item[0], item[1] | {"id": name} | more


def _declared() -> Registry:
    """D has no calibration, those of B change in between, that of C takes another property, E has
    one property alone, and nothing is declared of F."""
    items = [prop(kind, kind) for kind in KINDS]
    items += [("profile", {"id": f"of-{kind}", "property": kind, "tests": TESTS}) for kind in KINDS]
    items += [device(name) for name in "ABCDE"]
    line = linear("level")
    items += [_named(line, "a", device="A"), _named(line, "b", device="B")]
    dated = {"from": "2026-10-02T05:00:00Z", "stage": "drift"}
    items.append(_named(line, "b2", device="B", params={"a": 3.0, "b": 1.0}, **dated))
    by = taking("instantaneous", "level")
    items.append(_named(by, "c", device="C"))
    return registry(declared(items))


def _samples(rng: Random) -> dict[str, dict[Key, Rows]]:
    found: dict[str, dict[Key, Rows]] = {}
    for name in DEVICES:
        keys = [("level", "")] if name == "E" else [(kind, "") for kind in KINDS]
        found[name] = {key: history(rng, rng.randrange(1, 300), 2 * 86_400) for key in keys}
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("write", [WHOLE, (SINCE + DAY // 3, SINCE + DAY)])
def test_together_and_alone_the_same_rows(seed: int, write: Span) -> None:
    job, samples = Job(_declared(), 1, SCHEMAS), _samples(Random(seed))
    assert len(Court(job.registry, samples)._together(DEVICES)) >= 3
    found = judge(Task("all", DEVICES, write, WHOLE), job, samples)
    alone = [judge(Task(name, (name,), write, WHOLE), job, samples) for name in DEVICES]
    assert found.series == frozenset().union(*(one.series for one in alone))
    for name, schema in SCHEMAS.items():
        if name in found.blocks:
            blocks = [block for one in alone for block in one.blocks[name]]
            mine, theirs = (arrow.table(of, schema) for of in (found.blocks[name], blocks))
            assert len(mine) > 100
            assert mine.equals(theirs)


def test_only_the_properties_that_are_asked() -> None:
    court = Court(_declared(), _samples(Random(9)))
    judged = court.judged(DEVICES, frozenset({"level"}))
    assert [(name, key) for name, key, _ in judged] == [(n, ("level", "")) for n in "ABCDE"]
