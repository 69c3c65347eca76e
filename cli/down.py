"""``vigie down``: stop the vigie of a home."""

import sys

from cli.command import Command
from cli.load import Home, load

PATIENCE = 90.0
"""Seconds that a clean stop may take: a broker that closes its logs is the slowest part."""


def down(home: Home = None) -> None:
    """Stop the vigie of this home cleanly, and whatever a killed one left running."""
    from embedded import lock
    from streams.errors import Stop

    settings = load(home=home)
    supervisor = lock.holder(settings.home)
    if supervisor is None:
        ended = lock.end_leftovers(settings.home)
        said = f"ended what was left over: {', '.join(ended)}" if ended else "nothing runs"
    elif lock.end_holder(supervisor, settings.home, PATIENCE):
        said = "stopped"
    else:
        raise Stop(
            f"pid {supervisor.pid} still stops after {PATIENCE:.0f} s: read {settings.home}/logs"
        )
    print(f"{settings.home}: {said}", file=sys.stderr)  # noqa: T201


COMMAND = Command("down", down)
