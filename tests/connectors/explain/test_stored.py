"""A value that runs have judged is explained by what these did: peers, and what was superseded."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from clickhouse_connect.driver.client import Client

from connectors.explain.stored import Place, life
from connectors.store import migrations, restating, runs
from connectors.store.client import connect
from connectors.store.tables import SCHEMAS
from streams.explain import mismatches
from streams.inventory import NEVER
from streams.registry import Registry
from streams.reprocess import arrow
from streams.reprocess.contract import (
    TABLES,
    Difference,
    Job,
    Samples,
    Selection,
    Store,
    Task,
)
from streams.reprocess.ranges import tasks
from streams.reprocess.task import done, judge
from streams.settings import Settings
from tests.streams.reprocess.series import SECOND, SINCE
from tests.streams.reprocess.test_neighbours import AT, DAY, KEY, VALUES, city, sample

NAMES = (*VALUES, "E")
STUCK = {
    "id": "e",
    "device": "E",
    "property": "p",
    "tests": {"flat_line": {"suspect": 21_600.0, "fail": 43_200.0, "tolerance": 0.1}},
}
"""Half a day: further than anybody else looks."""


@pytest.fixture
def client(apart: Callable[..., Settings]) -> Iterator[Client]:
    settings = apart(partitions=1)
    migrations.apply(settings)
    client = connect(settings)
    yield client
    client.close()


HELD = {name: [KEY] for name in NAMES}
SELECTION = Selection(NAMES, SINCE, SINCE + 2 * DAY)
VERDICT = {"id": "v", "device": "D", "flag": "good", "author": "A. Martin", "reason": "a barbecue"}


def stored(client: Client, registry: Registry, samples: Samples) -> None:
    """What a first run over them writes."""
    for task in tasks([SELECTION], registry, NEVER, HELD):
        for name, blocks in judge(task, Job(registry, 1, SCHEMAS), samples).blocks.items():
            client.insert_arrow(name, arrow.table(blocks, SCHEMAS[name]))


def run_again(client: Client, registry: Registry, name: str) -> None:
    """A recorded run over what is stored."""

    def write(task: Task, found: Difference) -> None:
        restating.write(client, name, task.devices, task.write, found)

    rows, windows = (partial(restating.stored, client, table) for table in TABLES)
    for task in tasks([SELECTION], registry, NEVER, HELD):
        done(task, Job(registry, 2, SCHEMAS), Store(rows, windows, write))
    who = "B. Blanc", "somebody looked"
    run = runs.Run(name, runs.DONE, runs.JUDGE, *who, {}, "1", 1, {}, SINCE + 2 * DAY, started=2)
    runs.record(client, run, 3)


def test_peers_are_read_as_far_as_they_look_themselves(client: Client) -> None:
    """E stands near D and has said 20 for 13 hours: it is stuck, and no peer of anybody."""
    registry = city(("profile", STUCK), names=NAMES, within=300.0)
    instants = range(AT - 13 * 3600 * SECOND, AT + 1, 900 * SECOND)
    samples = {name: {KEY: sample(value)} for name, value in VALUES.items()}
    samples["E"] = {KEY: np.concatenate([sample(20.0, at=at) for at in instants])}
    stored(client, registry, samples)
    found = life(client, registry, Place("D", KEY, AT, "final"))
    (test,) = found.explanation.tests
    assert (test["name"], test["flag"]) == ("neighbours", 3)
    assert test["numbers"] == {"peers": 3, "median": 20.0, "limit": pytest.approx(3.5 * 0.5)}
    assert (found.row["value"], found.row["tests"]) == (40.0, {"neighbours": 3})
    assert mismatches(found.explanation.row, found.row) == []
    assert {window["duration"] for window in found.windows} == {900, 3600}
    assert found.revisions == []


def test_what_a_run_superseded_is_told_with_the_run(client: Client) -> None:
    samples = {name: {KEY: sample(value)} for name, value in VALUES.items()}
    stored(client, city(), samples)
    looked = city(("verdict", VERDICT))
    place = Place("D", KEY, AT, "final")
    before = life(client, looked, place)
    assert (before.row["flag"], before.explanation.row["flag"]) == (3, 1)

    run_again(client, looked, "r1")
    found = life(client, looked, place)
    assert mismatches(found.explanation.row, found.row) == []
    assert (found.row["flag"], found.explanation.others) == (1, {"verdict": 1})
    (past,) = found.revisions
    names = "run", "author", "reason", "value", "flag", "revision", "was_absent"
    assert [past[name] for name in names] == [
        *("r1", "B. Blanc", "somebody looked", 40.0, 3, before.row["revision"], 0)
    ]
