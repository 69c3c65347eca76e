"""The position of a replay survives, whole or not at all."""

from pathlib import Path

import pytest

from connectors.replay.position import FILE, Period, Position, read, write
from streams.errors import Stop

PERIOD = Period(60, 120, 0, 180)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    home = tmp_path / "sides" / "trial"
    assert read(home) is None
    begun = Position(PERIOD, "digest")
    write(home, begun)
    assert read(home) == begun
    bounds = {0: (3, 9), 1: (0, 2)}
    further = Position(PERIOD, "", "feeding", bounds, {0: 3}, 60, 8).at({0: 5, 1: 1}, 120, 3)
    write(home, further)
    assert read(home) == further
    assert [path.name for path in home.iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"period": {"since": 1}}', "null"])
def test_what_is_not_ours_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(Stop, match="cannot be read"):
        read(tmp_path)
