"""The simulated city's inventory is one that can be applied, on whatever was simulated before."""

from datetime import UTC, datetime

from connectors.simulator.inventory import inventory
from connectors.simulator.plan import plan
from streams.inventory.coherence import faults
from streams.registry import Registry

START = datetime(2026, 10, 23, tzinfo=UTC)
HORIZON = 48 * 3_600_000_000


def test_one_city_after_the_other_can_be_declared() -> None:
    registry = Registry()
    for seed, devices in ((1, 40), (2, 40), (2, 60), (3, 10), (1, 80)):
        objects = list(inventory(plan(seed, START, 1, devices)))
        registry = registry.after((kind, one.id, one) for kind, one in objects)
        assert list(faults(registry, [(k, one.id) for k, one in objects], HORIZON)) == []
