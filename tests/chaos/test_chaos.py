"""Three runs on real servers: kills, an outage, members that come and go; all rows compared.

``just soak`` does twenty.
"""

from collections.abc import Iterator

import pytest

from streams.settings import Settings
from tests.chaos.faults import SCENARIOS
from tests.chaos.keeper import Keeper
from tests.chaos.run import run
from tests.chaos.world import Notes, servers


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Settings, Keeper, Notes]]:
    """Servers that may be killed, for the runs of this file one after the other."""
    notes = Notes()
    with servers(notes) as (settings, keeper):
        yield settings, keeper, notes


@pytest.mark.timeout(420)
@pytest.mark.parametrize(("scenario", "seed"), [("kills", 11), ("members", 12), ("outage", 13)])
def test_every_row_is_the_oracles(
    world: tuple[Settings, Keeper, Notes], scenario: str, seed: int
) -> None:
    settings, keeper, notes = world
    first = len(notes.lines)
    outcome = run(settings, keeper, scenario, seed, notes)
    happened = notes.lines[first:]
    assert outcome.wrong == []
    assert outcome.posts > 4000
    assert all(_struck(name, happened) for name in SCENARIOS[scenario])


def _struck(fault: str, notes: list[dict[str, object]]) -> bool:
    """The log proves that each fault met a batch in flight; joining meets open windows."""
    what = {
        "kill-worker": "killed",
        "kill-sink": "killed",
        "kill-broker": "broker killed",
        "stall-worker": "stalled",
        "join-worker": "joined",
        "lose-worker": "lost",
    }[fault]
    met = [note for note in notes if note["what"] == what]
    return any(note.get("in_flight") or fault == "join-worker" for note in met)
