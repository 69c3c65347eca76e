"""When a process that ended starts again, as a function of when it ended before."""

from collections.abc import Sequence

WINDOW = 60.0
"""Seconds."""
LIMIT = 5
"""Restarts within the window; what ends once more has failed."""
FIRST = 0.5
"""Seconds before the first restart; each further one within the window waits twice as long."""


def pause(ends: Sequence[float], now: float) -> float | None:
    """Seconds to wait before the next start; None: it has failed and stays down.

    ``ends`` are the instants, on the clock of ``now``, at which it ended, the last one included.
    """
    recent = sum(now - end < WINDOW for end in ends)
    return None if recent > LIMIT else FIRST * 2.0 ** max(0, recent - 1)
