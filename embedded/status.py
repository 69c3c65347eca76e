"""What the supervisor knows of its processes, for whoever asks from outside.

``<home>/run/status.json`` is replaced whole, so that a reader never sees half of it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Condition = Literal["starting", "running", "waiting", "failed", "stopped"]


@dataclass(frozen=True)
class State:
    """One process. ``since``, ``born`` and ``restarted`` are Unix seconds: of this condition, of
    this pid, of the last restart that an end caused; ``restarts`` counts those.

    ``waiting`` is for its next restart.
    """

    name: str
    condition: Condition
    pid: int | None
    since: float
    restarts: int = 0
    born: float | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    restarted: float | None = None


def write(home: Path, states: Sequence[State]) -> None:
    """Replace the home's status."""
    path = _path(home)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps([asdict(s) for s in states], indent=1), "utf-8")
    os.replace(draft, path)


def read(home: Path) -> list[State]:
    """The last status of the home; empty where nothing ever ran."""
    try:
        return [State(**one) for one in json.loads(_path(home).read_text("utf-8"))]
    except FileNotFoundError:
        return []


def _path(home: Path) -> Path:
    return home / "run" / "status.json"
