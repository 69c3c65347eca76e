"""The test "neighbours" in a run: who is compared with whom, in any order of the devices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from connectors.store.tables import SCHEMAS
from streams.inventory import NEVER
from streams.registry import Registry
from streams.reprocess.contract import Job, Selection
from streams.reprocess.ranges import tasks
from streams.reprocess.task import judge
from streams.samples import ROW, Rows
from tests.agreement.core import declared, registry
from tests.streams.reprocess.series import SECOND, SINCE, Item, device, prop

DAY = 86_400 * SECOND
KEY = ("p", "")
SPAN = Selection(("A", "B", "C", "D"), SINCE + DAY, SINCE + 2 * DAY)
HELD = {name: [KEY] for name in SPAN.devices}
AT = SINCE + DAY + 3600 * SECOND


def place(name: str, metres: float, **more: Any) -> Item:
    """Deployed so many metres north of Marseille's harbour."""
    latitude = 43.295 + metres / 111_194.93
    said = {"id": f"at-{name}", "device": name, "site": name, "commune": "13202"}
    return "deployment", said | {"latitude": latitude, "longitude": 5.37} | more


def city(*more: Item, names: Sequence[str] = SPAN.devices, **limits: Any) -> Registry:
    test = {"uncertainty": 0.5, "within": 60.0, "radius": 500.0} | limits
    items = [prop("p"), ("profile", {"id": "f", "property": "p", "tests": {"neighbours": test}})]
    items += [device(name) for name in names]
    items += [place(name, 100.0 * i) for i, name in enumerate(names)]
    return registry(declared([*items, *more]))


def sample(value: float, frame: bytes = b"f", at: int = AT) -> Rows:
    row = np.zeros(1, ROW)
    row["at"], row["arrival"], row["frame"], row["value"] = at, at + 1, frame, value
    row["counter"], row["size"], row["offset"] = -1, -1, np.nan
    return row


def flags(snapshot: Registry, values: dict[str, float], chunk: int = 32) -> dict[str, int]:
    """The flag of each device's sample, from tasks of so many devices."""
    samples = {name: {KEY: sample(value)} for name, value in values.items()}
    found = {}
    for task in tasks([SPAN], snapshot, NEVER, HELD, chunk):
        inside = {name: samples[name] for name in (*task.devices, *task.beside) if name in samples}
        blocks = judge(task, Job(snapshot, 0, SCHEMAS), inside).blocks["observations"]
        found |= {
            str(b.columns["device"]): int(np.asarray(b.columns["flag"])[0])
            for b in blocks
            if b.size
        }
    return found


VALUES = {"A": 20.0, "B": 20.2, "C": 19.8, "D": 40.0}


@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_who_says_something_else_is_suspect_however_the_tasks_are_cut(chunk: int) -> None:
    assert flags(city(), VALUES, chunk) == {"A": 1, "B": 1, "C": 1, "D": 3}


def test_peers_are_of_one_make_within_the_radius_while_both_stand_there() -> None:
    assert flags(city(radius=150.0), VALUES)["D"] == 2
    assert flags(city(device("B", model="other")), VALUES)["D"] == 2
    assert flags(city(place("B", 100.0, to="2026-10-01T00:00:00Z")), VALUES)["D"] == 2
    assert flags(city(place("B", 100.0, to="2026-10-03T00:00:00Z")), VALUES)["D"] == 3


def test_what_counts_of_a_peer_is_good_without_a_look_at_others() -> None:
    """B says 90 alone: it counts as a peer of D although its neighbours would condemn it."""
    assert flags(city(), VALUES | {"B": 90.0})["B"] == 3
    assert flags(city(), VALUES | {"B": 90.0})["D"] == 3
    verdict = {"id": "v", "device": "B", "flag": "fail", "author": "a", "reason": "r"}
    assert flags(city(("verdict", verdict)), VALUES)["D"] == 2


def test_a_change_of_one_device_is_written_for_those_that_look_at_it() -> None:
    asked = Selection(("A",), SINCE + DAY, SINCE + 2 * DAY)
    found = tasks([asked], city(radius=150.0), NEVER, HELD)
    assert {(task.devices, task.beside, task.selected) for task in found} == {
        (("A",), ("B",), ("A",)),
        (("B",), ("A", "C"), ("A",)),
    }
