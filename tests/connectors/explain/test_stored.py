"""A value that a run has compared with other devices is explained by what these said."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from clickhouse_connect.driver.client import Client

from connectors.explain.stored import Place, life
from connectors.store import migrations
from connectors.store.client import connect
from connectors.store.tables import SCHEMAS
from streams.explain import mismatches
from streams.inventory import NEVER
from streams.reprocess import arrow
from streams.reprocess.contract import Job, Selection
from streams.reprocess.ranges import tasks
from streams.reprocess.task import judge
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


def test_peers_are_read_as_far_as_they_look_themselves(client: Client) -> None:
    """E stands near D and has said 20 for 13 hours: it is stuck, and no peer of anybody."""
    registry = city(("profile", STUCK), names=NAMES, within=300.0)
    instants = range(AT - 13 * 3600 * SECOND, AT + 1, 900 * SECOND)
    samples = {name: {KEY: sample(value)} for name, value in VALUES.items()}
    samples["E"] = {KEY: np.concatenate([sample(20.0, at=at) for at in instants])}
    held = {name: [KEY] for name in NAMES}
    selection = Selection(NAMES, SINCE, SINCE + 2 * DAY)
    for task in tasks([selection], registry, NEVER, held):
        for name, blocks in judge(task, Job(registry, 1, SCHEMAS), samples).blocks.items():
            client.insert_arrow(name, arrow.table(blocks, SCHEMAS[name]))

    found = life(client, registry, Place("D", KEY, AT, "final"))
    (test,) = found.explanation.tests
    assert (test["name"], test["flag"]) == ("neighbours", 3)
    assert test["numbers"] == {"peers": 3, "median": 20.0, "limit": pytest.approx(3.5 * 0.5)}
    assert (found.row["value"], found.row["tests"]) == (40.0, {"neighbours": 3})
    assert mismatches(found.explanation.row, found.row) == []
    assert {window["duration"] for window in found.windows} == {900, 3600}
