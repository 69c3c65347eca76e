"""How far from a sample lie those that its flags may depend on, over the series of one device."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from streams.applicable import Key

if TYPE_CHECKING:
    from streams.plan import SeriesPlan

Plans = Mapping[Key, "SeriesPlan"]
_Node = tuple[str, str]

REACH = b"reach"
"""The key of how far back the samples were kept; ``reach/<device>`` where they are of one device,
as they are since each has its own."""


def reach_key(device: str) -> bytes:
    """Where it lies in the state how far back a device's samples are kept."""
    return REACH + f"/{device}".encode()


def longest(plans: Plans) -> int:
    """The longest look-back and the longest look-ahead of all tests together, microseconds."""
    segments = [segment for plan in plans.values() for segment in plan.segments]
    back = max((segment.look_back for segment in segments), default=0)
    return back + max((segment.look_ahead for segment in segments), default=0)


def beyond(plans: Plans) -> int:
    """How much further a series may depend on samples of others, microseconds: where a calibration
    takes a series, as far as it takes it and as far as its tests look, and again for what that
    takes."""
    stages = [s for p in plans.values() for segment in p.segments for s in segment.stages]
    takes = [stage for stage in stages if stage.siblings]
    if not takes:
        return 0
    farthest = max(stage.kind.reach(stage.params) for stage in takes)
    return _depth(plans) * (longest(plans) + farthest)


def _depth(plans: Plans) -> int:
    """How many calibrations at most stand behind one another, each taking what the next gives.

    A calibration takes what is usable, so what the tests of that look at counts along. Series
    that are calibrated by each other make a circle: then as many as there are.
    """
    asks: dict[_Node, set[_Node]] = {}
    for (name, _), plan in plans.items():
        asks.setdefault(("value", name), set()).update(_all("flag", plan.corrected_by))
        asks.setdefault(("flag", name), set()).update(_all("value", plan.compared_with))
        asks["flag", name].add(("value", name))
    takes = {node for node, needs in asks.items() if node[0] == "value" and needs}
    depth: dict[_Node, int] = {}
    try:
        for node in TopologicalSorter(asks).static_order():
            far = max((depth[need] for need in asks.get(node, ())), default=0)
            depth[node] = far + (node in takes)
    except CycleError:
        return len(takes)
    return max(depth.values(), default=0)


def _all(what: str, names: Iterable[str]) -> set[_Node]:
    return {(what, name) for name in names}
