"""What a frame counter tells from one frame of a device to the next.

Sources: LoRaWAN 1.0.4, section 4.3.1.5 (FCnt: a new session begins at 0; devices and network
servers hold 16 or 32 bits of it) and 1.0.3, MAX_FCNT_GAP (a server takes no greater leap).
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.conditions import Evidence, Levels
from streams.conditions.episodes import recent
from streams.quality import Instants

T = TypeVar("T", bound=np.generic)

_SIXTEEN = 1 << 16
_LEAP = 16_384


@dataclass(frozen=True)
class Steps:
    """By frame, from the one before: ``lost`` in between, ``repeat`` of the same counter, or a
    ``reset``; none where that one lies more than a day back or in an erased span."""

    at: Instants
    counter: Levels
    joined: NDArray[np.bool_]
    lost: Levels
    repeat: NDArray[np.bool_]
    reset: NDArray[np.bool_]

    def of_a_day(self, evidence: Evidence, what: NDArray[np.generic]) -> tuple[Levels, Levels]:
        """Of the steps within the day up to each frame, the sum and how many steps there are."""
        first = recent(self.at, evidence.day)
        total = np.cumsum(what.astype(np.int64))
        return total - total[first], np.arange(len(self.at)) - first


def left_out(evidence: Evidence) -> int | None:
    """How many counts have no frame, where each frame counts on from the one before it in one
    session, or none counts at all; None where something else happened."""
    counter, session = evidence.frames["counter"], evidence.frames["session"]
    if not len(counter) or counter[0] < 0:
        return None if np.count_nonzero(counter >= 0) else 0
    if np.count_nonzero(session != session[0]):
        return None
    if not np.count_nonzero(counter != np.arange(counter[0], counter[0] + len(counter))):
        return 0
    step = counter[1:] - counter[:-1]
    return None if np.count_nonzero((step < 1) | (step > _LEAP)) else int((step - 1).sum())


def steps(evidence: Evidence) -> Steps:
    """The steps between the frames that carry a counter."""
    frames = evidence.frames
    none = frames["counter"] < 0
    frames = frames[~none] if np.count_nonzero(none) else frames
    at, counter, session = (np.ascontiguousarray(frames[n]) for n in ("at", "counter", "session"))
    n = len(at)
    near = _of_each(n, at[1:] - at[:-1] < evidence.day) & evidence.known(at)
    step = _of_each(n, counter[1:] - counter[:-1])
    before = counter - step
    anew = (session[1:] != session[:-1]) & (session[1:] > 0) & (session[:-1] > 0)
    joined = _of_each(n, anew) & near
    over = (step < 0) & (before < _SIXTEEN) & (step + _SIXTEEN <= _LEAP)
    step[over] += _SIXTEEN
    reset = near & (joined | (step < 0) | (step > _LEAP))
    lost = np.where(near & ~reset & (step > 1), step - 1, 0)
    return Steps(at, counter, joined, lost, near & ~reset & (step == 0), reset)


def _of_each(frames: int, steps: NDArray[T]) -> NDArray[T]:
    """By frame its step from the one before; the first has none."""
    found = np.zeros(frames, steps.dtype)
    found[1:] = steps
    return found
