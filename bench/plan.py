"""What it costs to know how a device is judged, and to learn that nothing of it has changed.

Devices with a calibration each and a profile for all. Time of the processor: of a plan and how far
it looks back, of the same asked again, of the plan under a snapshot in which one object of another
device has changed, and of making that snapshot.
"""

import gc
import time
from collections.abc import Callable
from statistics import median

from bench._city import PROPERTY, City
from streams.inventory import Verdict
from streams.plan import DevicePlan
from streams.registry import Registry

SERIES = 100_000
DEVICES = 5_000
CHANGES = 100
_KEY = (PROPERTY, "")


def _micros(act: Callable[[], object], of: int = 1) -> float:
    start = time.process_time()
    act()
    return (time.process_time() - start) / of * 1e6


def _asked(plan: DevicePlan) -> None:
    plan.series(_KEY)
    plan.reach([_KEY])


def _declared(registry: Registry) -> tuple[Registry, float]:
    """The snapshot after many changes, and what one of them cost."""
    said = {"flag": "fail", "author": "a", "reason": "r", "device": f"{SERIES - 1:016X}"}
    costs = []
    for n in range(CHANGES):
        one, start = Verdict.model_validate({"id": str(n), **said}), time.process_time()
        registry = registry.having("verdict", one.id, one)
        costs.append((time.process_time() - start) * 1e6)
    return registry, median(costs)


def run() -> dict[str, float]:
    """``plan_us``, ``again_us`` and ``under_us`` a device, ``change_us`` a change of one object."""
    registry = Registry().after((kind, one.id, one) for kind, one in City(SERIES, 1).inventory())
    registry.owned(None)
    plans = [DevicePlan(registry, d) for d in list(registry.all("device").values())[:DEVICES]]
    gc.collect()
    made, again = (_micros(lambda: list(map(_asked, plans)), DEVICES) for _ in range(2))
    after, change = _declared(registry)
    under = _micros(lambda: [plan.under(after) for plan in plans], DEVICES)
    return {
        "devices": SERIES,
        "plan_us": round(made, 1),
        "again_us": round(again, 2),
        "under_us": round(under, 2),
        "change_us": round(change, 1),
    }
