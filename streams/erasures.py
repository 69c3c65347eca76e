"""What is erased is passed over when it comes, and leaves the state when it is there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.device_state import Series
from streams.quality import SECOND
from streams.registry import Registry
from streams.windows import DURATIONS

Span = tuple[int, int]
"""``[since, until)``, UTC microseconds."""


def spans(registry: Registry, device: str) -> Sequence[Span]:
    """What is erased of a device."""
    return [(e.since, e.until) for e in registry.of("erasure", device)]


def erased(registry: Registry, device: str, at: int) -> bool:
    """Whether what a device observed at an instant, UTC microseconds, is erased."""
    gone = spans(registry, device)
    return bool(gone) and any(since <= at < until for since, until in gone)


def left(frame: Mapping[str, Any], gone: Sequence[Span]) -> Mapping[str, Any] | None:
    """A frame without its erased measures; None where nothing is left of it."""

    def stays(at: int | None) -> bool:
        instant = frame["observed_at"] if at is None else at
        return not any(since <= instant < until for since, until in gone)

    measures = [m for m in frame["measures"] if stays(m["observed_at"])]
    return {**frame, "measures": measures} if measures or stays(None) else None


def cut(series: Series, gone: Sequence[Span]) -> tuple[Series, Series]:
    """A series as what stays and what goes.

    A window goes where it lies wholly in a span; one that a span only touches is computed anew
    from the samples that stay.
    """

    def split(table: NDArray[np.void], length: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
        at = table["at"]
        goes = np.zeros(len(table), np.bool_)
        for since, until in gone:
            goes |= (at >= since) & (at + length <= until)
        return table[~goes], table[goes]

    lengths = (1, 1, *(duration * SECOND for duration in DURATIONS))
    parts = [split(t, n) for t, n in zip(series.columns(), lengths, strict=True)]
    return Series(*(p[0] for p in parts)), Series(*(p[1] for p in parts))
