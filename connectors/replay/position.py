"""How far a replay is: a file in the home of its world, whole or not at all."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from connectors.replay.uplinks import Bounds
from streams.errors import Stop

FILE = "replay.json"


@dataclass(frozen=True)
class Period:
    """Uplinks that arrived in ``[since, until)`` are asked for; those of ``[first, end)``, around
    it, go through with them. UTC microseconds, the latter two full minutes."""

    since: int
    until: int
    first: int
    end: int


@dataclass(frozen=True)
class Position:
    """A replay. ``state`` is one of preparing, feeding, settling, done.

    ``bounds`` are the offsets of its uplinks by partition, ``following`` from where on they are
    not sent yet, ``minute`` the last one whose ticks are acknowledged. ``inventory`` is the digest
    of what was applied, empty for what is declared live. ``known`` is how many frames of the
    period the store had before.
    """

    period: Period
    inventory: str = ""
    state: str = "preparing"
    bounds: Mapping[int, Bounds] | None = None
    following: Mapping[int, int] | None = None
    minute: int = 0
    uplinks: int = 0
    sent: int = 0
    known: int = 0

    def at(self, following: Mapping[int, int], minute: int, sent: int) -> "Position":
        """Further on."""
        return replace(self, following=dict(following), minute=minute, sent=sent)


def write(home: Path, position: Position) -> None:
    """Keep it; a crash leaves the former one."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=home, prefix=f".{FILE}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(position), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, home / FILE)


def read(home: Path) -> Position | None:
    """What was kept; None where nothing was.

    Raises:
        Stop: the file is not ours.
    """
    path = home / FILE
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_text("utf-8"))
        bounds, following = said.pop("bounds"), said.pop("following")
        return Position(
            **said | {"period": Period(**said["period"])},
            bounds=None if bounds is None else {int(p): (b[0], b[1]) for p, b in bounds.items()},
            following=None if following is None else {int(p): o for p, o in following.items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise Stop(f"{path} cannot be read ({e}): remove it, and drop the side world") from e
