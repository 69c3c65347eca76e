"""Silent: nothing is heard of a device any more.

It opens when three nominal periods have passed since the last frame, and closes with the next one.
A frame that reached vigie long after the network received it is no sign of life.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field

from streams.conditions import WHOLE, Condition, ConditionKind, Evidence, Span, utc
from streams.quality import LONGEST, SECOND, Instants, Params, micros

NAME = "silent"
TIMELY = 900 * SECOND
"""From the network's reception to our door, microseconds."""
_URGENT = 3


class Silent(Params):
    """``periods`` nominal periods may pass, and at least ``least`` seconds. A silence of more
    than ``long`` seconds is of level 3."""

    periods: float = Field(3, ge=1, le=1000)
    least: float = Field(900, ge=60, le=LONGEST)
    long: float = Field(86_400, gt=0, le=LONGEST)


def arrivals(evidence: Evidence) -> Instants:
    """When the frames came that were under way as long as a frame is, in order."""
    arrival = evidence.frames["arrival"]
    late = arrival - evidence.frames["at"] > TIMELY
    found: Instants = arrival[~late] if np.count_nonzero(late) else arrival.copy()
    found.sort()
    return found


def _find(evidence: Evidence, params: Silent, said: Sequence[Condition]) -> list[Condition]:
    """The gaps between what was heard, but those in which something may be out of sight."""
    came, awaited = evidence.once(arrivals), _awaited(evidence)
    hidden = _hidden(evidence, came, awaited, said)
    points = np.array(sorted({*hidden, *came.tolist(), *awaited}), np.int64)
    shortest = evidence.shortest(params.periods, params.least)
    gaps = np.flatnonzero(np.append(np.diff(points) > shortest, np.ones(min(1, len(points)), bool)))
    found: list[Condition] = []
    for i in gaps.tolist():
        last, after = int(points[i]), int(points[i + 1]) if i + 1 < len(points) else None
        if evidence.since <= last <= evidence.clock or last in hidden:
            found += _silence(evidence, params, last, after)
    return found


def _idle(evidence: Evidence, params: Silent) -> bool:
    """What was heard lies near, up to the clock, and nothing far before it counts as heard."""
    came, clock = evidence.once(arrivals), evidence.clock
    if not len(came):
        return False
    near, first = evidence.shortest(params.periods, params.least), int(came[0])
    sight = evidence.since if evidence.heard >= evidence.since else 1
    if [t for t in (evidence.heard, *_awaited(evidence)) if sight <= t < first - near]:
        return False
    return clock - int(came[-1]) < near and not np.count_nonzero(came[1:] - came[:-1] > near)


def _awaited(evidence: Evidence) -> list[int]:
    """The beginnings of deployments, from which a device counts as if it had been heard: those
    that have a date, and not before anybody listened."""
    if not evidence.deployed:
        return []
    return [max(start, evidence.listening) for start, _ in evidence.deployed if start > 0]


def _hidden(
    evidence: Evidence, came: Instants, awaited: Sequence[int], said: Sequence[Condition]
) -> set[int]:
    """Instants before ``since`` after which nothing was heard until something in sight was: the
    last one known, and those that a silence which is not over is counted from."""
    last = [evidence.heard, *came[came < evidence.since].tolist()[-1:]]
    last += [start for start in awaited if start > evidence.heard]
    before = max((t for t in last if 0 < t < evidence.since), default=None)
    going = (c for c in said if c.closed_at is None or c.closed_at >= evidence.since)
    causes = {c.cause for c in going if c.cause < evidence.since}
    return causes | ({before} if before else set())


def _silence(
    evidence: Evidence, params: Silent, last: int, after: int | None
) -> Iterator[Condition]:
    """What the gap between two instants is, if it is one; None: nothing has come yet."""
    opened = last + evidence.patience(last, params.periods, params.least)
    removed = _removed(evidence.deployed, opened)
    now = evidence.clock if after is None else min(after, evidence.clock)
    if opened > evidence.clock or (after is not None and after <= opened) or removed is None:
        return
    if any(since <= now and last < until for since, until in evidence.erased):
        return
    ends = [t for t in (after, removed) if t is not None and t <= evidence.clock]
    closed = min(ends, default=None)
    lasted = (evidence.clock if closed is None else closed) - opened
    level = _URGENT if lasted >= micros(params.long) else 2
    reason = f"no frame since {utc(last)}; expected every {evidence.period(last):g} s"
    yield Condition(NAME, WHOLE, opened, closed, ((opened, level, reason),), cause=last)


def _removed(deployed: Sequence[Span] | None, at: int) -> int | None:
    """When the device is taken away that stands somewhere at an instant; None: it does not."""
    if deployed is None:
        return 1 << 62
    return next((end for start, end in deployed if start <= at < end), None)


def deadline(
    evidence: Evidence, params: Silent, found: Sequence[Condition], heard: int
) -> int | None:
    """When time alone will change what was found, UTC microseconds; ``heard`` is the last arrival
    that is known."""
    last = max([heard, *evidence.once(arrivals)[-1:].tolist()])
    points = [start for start in (last, *_awaited(evidence)) if start >= last and start]
    due = [at + evidence.patience(at, params.periods, params.least) for at in points]
    if evidence.deployed:
        due += [until for _, until in evidence.deployed]
    if found:
        due += [c.opened_at + micros(params.long) for c in found if c.closed_at is None]
    return min((t for t in due if t > evidence.clock), default=None)


SILENT = ConditionKind(
    NAME, Silent, _find, series=False, settled=lambda evidence: evidence.since, idle=_idle
)
