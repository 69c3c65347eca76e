"""A side world by its settings: nothing of it is the live world's, and nobody hears of it."""

from pathlib import Path

import pytest

from connectors.replay.side import side
from streams.errors import Stop
from streams.settings import Settings


def test_a_side_world_shares_servers_and_nothing_else(tmp_path: Path) -> None:
    live = Settings(home=tmp_path)
    own = side(live, "trial1")
    assert (own.kafka, own.clickhouse) == (live.kafka, live.clickhouse)
    names = ("home", "application", "topic_prefix", "clickhouse_database")
    assert all(getattr(own, name) != getattr(live, name) for name in names)
    assert (own.clock, own.notifies) == ("simulated", False)


@pytest.mark.parametrize("name", ["", "Trial", "a b", "a-b", "a/../b", "1st", "x" * 33])
def test_a_name_that_no_topic_or_database_may_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Stop, match="letters and digits"):
        side(Settings(home=tmp_path), name)
