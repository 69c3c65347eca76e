"""Conditions as one would find them by hand, over all that ever came: silent, quiet, threshold.

Every answer is a list of (opened, closed or None, level) in the order of time.
"""

from collections.abc import Sequence

Episode = tuple[int, int | None, int]
SECOND = 1_000_000
TIMELY = 900 * SECOND


def silent(came: Sequence[tuple[int, int]], patience: int, long: int, clock: int) -> list[Episode]:
    """``came``: when the network received each frame, and when it was here."""
    heard = sorted({arrival for at, arrival in came if arrival <= at + TIMELY})
    found: list[Episode] = []
    for i, last in enumerate(heard):
        after = heard[i + 1] if i + 1 < len(heard) else None
        opened = last + patience
        if opened > clock or (after is not None and after <= opened):
            continue
        until = clock if after is None else after
        found.append((opened, after, 3 if until - opened >= long else 2))
    return found


def quiet(came: Sequence[tuple[int, float | None]], patience: int) -> list[Episode]:
    """``came``: when each frame was received, and its value of one quantity."""
    found: list[Episode] = []
    last: int | None = None
    opened: int | None = None
    for at in sorted({at for at, _ in came}):
        if any(t == at and value is not None for t, value in came):
            if opened is not None:
                found.append((opened, at, 2))
            last, opened = at, None
        elif opened is None and last is not None and at >= last + patience:
            opened = at
    return found if opened is None else [*found, (opened, None, 2)]


def threshold(
    came: Sequence[tuple[int, float | None]], levels: Sequence[float], hysteresis: float
) -> list[Episode]:
    """``came`` as for :func:`quiet`; a level is reached at its threshold, and left below it by
    more than the hysteresis."""
    found: list[Episode] = []
    now, opened = 0, 0
    for at, value in sorted((at, value) for at, value in came if value is not None):
        before = now
        while now < len(levels) and value >= levels[now]:
            now += 1
        while now and value < levels[now - 1] - hysteresis:
            now -= 1
        if not before and now:
            opened = at
        if before and not now:
            found.append((opened, at, before))
    return [*found, (opened, None, now)] if now else found
