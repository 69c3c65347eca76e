"""The chain of calibrations over samples: their values after each stage in turn.

Samples of one stretch of a series share a chain. Those whose chains are of the same kinds go
through it together, each with its own parameters: a panel of devices is calibrated in one pass.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.calibration import MARGIN, Calibrated, Floats, Inputs, beyond
from streams.plan import SeriesPlan
from streams.quality import SUSPECT, UNKNOWN, Flags, Instants
from streams.quality.aligned import aligned
from streams.samples import Rows
from streams.segment import Stage
from streams.trace import Staged, Trace

Track = tuple[Instants, Floats]
"""Another series: where its samples lie in the line of time, in order, and its values."""

Usable = Callable[[str], Track | None]
"""The usable values of another property of the device; None where it has no such series."""

Part = tuple[int, slice]
"""A segment by its number, and the stretch of samples to which it applies."""

Where = slice | NDArray[np.intp]


@dataclass
class Chained:
    """What came of the chains, a row a sample: ``range`` is SUSPECT where a stage was used beyond
    its range, ``input`` UNKNOWN where one wanted what the device did not measure then."""

    value: Floats
    range: Flags
    input: Flags
    provisional: NDArray[np.bool_]

    @classmethod
    def of(cls, value: Floats) -> "Chained":
        """Before any stage."""
        size = len(value)
        flags = np.zeros((2, size), np.uint8)
        return cls(np.array(value), flags[0], flags[1], np.zeros(size, np.bool_))


@dataclass(frozen=True)
class Link:
    """One stage of chains of the same kinds: ``params`` hold for all samples, or have a column for
    each parameter; ``range`` likewise, None where nobody gives one."""

    stage: Stage
    params: Any
    range: tuple[Any, Any] | None


def chained(
    rows: Rows,
    time: Instants,
    parts: Sequence[Part],
    plan: SeriesPlan,
    usable: Usable,
    trace: Trace | None = None,
) -> Chained:
    """All samples through the chains of their segments; ``time`` is where they lie in the line of
    time. With a ``trace`` each stretch goes alone, so that it tells of its own."""
    whole = Chained.of(rows["value"])
    for links, here in _together(parts, plan, apart=trace is not None):
        part = Chained.of(whole.value[here])
        _through(part, links, rows["at"][here], time[here], usable, trace)
        whole.value[here], whole.provisional[here] = part.value, part.provisional
        whole.range[here], whole.input[here] = part.range, part.input
    return whole


def _through(
    chain: Chained,
    links: Iterable[Link],
    at: Instants,
    time: Instants,
    usable: Usable,
    trace: Trace | None,
) -> None:
    for link in links:
        if link.range:
            chain.range[beyond(chain.value, *link.range, MARGIN)] = SUSPECT
        stage = link.stage
        reach = stage.kind.reach(stage.params) if stage.siblings else 0
        inputs = Inputs(at, _beside(stage, time, usable, reach))
        done: Calibrated = stage.kind.calibrate(chain.value, link.params, inputs)
        if trace is not None:
            trace.stages.append(Staged(stage, at, chain.value, inputs, done))
        if stage.kind.flags is not None:
            chain.range[done.flags == SUSPECT] = SUSPECT
            chain.input[done.flags == UNKNOWN] = UNKNOWN
        chain.value = done.value
        if done.provisional:
            chain.provisional[:] = True


def _beside(stage: Stage, time: Instants, usable: Usable, reach: int) -> Mapping[str, Floats]:
    """Of each other series that a stage takes the nearest usable value."""
    return {name: beside(time, usable(name), reach) for name in stage.siblings}


def beside(time: Instants, track: Track | None, within: int) -> Floats:
    """Another series at these places in the line of time; NaN where it has nothing near."""
    return np.full(len(time), np.nan) if track is None else aligned(time, *track, within)


def _together(
    parts: Sequence[Part], plan: SeriesPlan, apart: bool
) -> Iterator[tuple[list[Link], Where]]:
    """The chains that are not empty, with the samples that go through each."""
    alike: dict[Any, list[Part]] = {}
    for i, (number, here) in enumerate(parts):
        if stages := plan.segments[number].stages:
            form = i if apart else tuple(map(_form, stages))
            alike.setdefault(form, []).append((number, here))
    for some in alike.values():
        chains = [plan.segments[number].stages for number, _ in some]
        sizes = [here.stop - here.start for _, here in some]
        yield [_link(stages, sizes) for stages in zip(*chains, strict=True)], places(some)


def _form(stage: Stage) -> Any:
    """What two stages have in common that can be one."""
    return stage.kind.name, None if stage.kind.columnwise else (stage.params, stage.range)


def _link(stages: Sequence[Stage], sizes: Sequence[int]) -> Link:
    first = stages[0]
    if len(stages) == 1 or not first.kind.columnwise:
        return Link(first, first.params, first.range)
    names = type(first.params).model_fields
    columns = {n: np.repeat([getattr(s.params, n) for s in stages], sizes) for n in names}
    ends: tuple[Any, Any] | None = None
    if any(s.range for s in stages):
        nowhere = np.nan, np.nan
        low, high = zip(*(s.range or nowhere for s in stages), strict=True)
        ends = np.repeat(low, sizes), np.repeat(high, sizes)
    return Link(first, SimpleNamespace(**columns), ends)


def places(parts: Sequence[Part]) -> Where:
    """The samples of these stretches, in order."""
    if len(parts) == 1:
        return parts[0][1]
    if all(one.stop == other.start for (_, one), (_, other) in pairwise(parts)):
        return slice(parts[0][1].start, parts[-1][1].stop)
    return np.concatenate([np.arange(here.start, here.stop) for _, here in parts])
