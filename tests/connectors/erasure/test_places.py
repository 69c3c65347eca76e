"""Where uplinks may lie beside Kafka and the store."""

from pathlib import Path

import pytest

from connectors.erasure.places import places
from streams.errors import Stop


def test_copies_in_a_side_world_are_removed_first(tmp_path: Path) -> None:
    places(tmp_path)
    (tmp_path / "sides" / "trial").mkdir(parents=True)
    with pytest.raises(Stop, match=r"side worlds trial hold copies.*vigie replay drop"):
        places(tmp_path)
    (tmp_path / "sides" / "trial").rmdir()
    places(tmp_path)
