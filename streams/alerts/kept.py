"""A fold as the state keeps it: JSON with a version, compressed, since an outage names thousands.

Its ten thousand silences of a large city's worst day take some 200 kB.
"""

import json
import zlib
from dataclasses import asdict

from streams.alerts.episode import Episode, Folded
from streams.errors import Stop

VERSION = 1


def pack(folded: Folded) -> bytes:
    """The bytes of a fold."""
    tables = {name: [*getattr(folded, name).items()] for name in ("due", "heard", "recovered")}
    episodes = [asdict(e) for e in folded.episodes]
    kept = {"version": VERSION, "until": folded.until, "episodes": episodes} | tables
    return zlib.compress(json.dumps(kept).encode())


def unpack(value: bytes) -> Folded:
    """The inverse of :func:`pack`.

    Raises:
        Stop: a later version of vigie wrote it.
    """
    kept = json.loads(zlib.decompress(value))
    if kept["version"] != VERSION:
        raise Stop(
            f"outages of format {kept['version']}: this vigie reads {VERSION}; "
            "start the later version"
        )
    return Folded(
        kept["until"],
        [_episode(e) for e in kept["episodes"]],
        *({tuple(k): v for k, v in kept[name]} for name in ("due", "heard", "recovered")),
    )


def _episode(kept: dict[str, object]) -> Episode:
    members, back = ([tuple(k) for k in kept[n]] for n in ("members", "back"))  # type: ignore[attr-defined]
    return Episode(**kept | {"members": members, "back": back})  # type: ignore[arg-type]
