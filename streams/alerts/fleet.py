"""What the inventory says that matters to an alert."""

from bisect import bisect_right
from dataclasses import dataclass

from streams.condition_plan import ConditionPlan, merged
from streams.conditions import WHOLE
from streams.conditions.silent import SILENT, Silent
from streams.inventory import Deployment
from streams.registry import Registry

SHARE, SHARE_OF_ALL = 0.6, 0.1
_USUAL = Silent()


@dataclass(frozen=True)
class Fleet:
    """Declared devices, their places and their maintenance; instants in UTC microseconds."""

    registry: Registry

    def whose(self, device: str) -> tuple[str, str] | None:
        """By what people are chosen whom it concerns: its use case and its group."""
        found = self.registry.get("device", device)
        return None if found is None else (found.use_case, found.group)

    def patience(self, device: str, at: int) -> int:
        """How long a device may say nothing before it is silent, microseconds."""
        configured = self.registry.configured(device, at)
        if configured is None:
            return round(_USUAL.least * 1e6)
        plans = self.registry.once(_plans)
        if device not in plans:
            plans[device] = ConditionPlan.about(self.registry, configured)
        params = plans[device].kinds(WHOLE, at).get(SILENT.name)
        said = params if isinstance(params, Silent) else _USUAL
        return round(max(said.periods * configured.nominal_period, said.least) * 1e6)

    def outage(self, network: str, at: int) -> float:
        """How many silent devices make the outage of a network: a share of those that stand
        somewhere.

        Devices do not name their network, so a smaller share counts where sources are of several.
        """
        alone = {source.network for source in self.registry.all("source").values()} == {network}
        starts, ends = self.registry.once(_stand)
        deployed = bisect_right(starts, at) - bisect_right(ends, at)
        return (SHARE if alone else SHARE_OF_ALL) * deployed

    def maintained(self, device: str, at: int) -> int | None:
        """Until when maintenance goes on that covers an instant; None where none does.

        An act without an end took no time. One that follows another at once prolongs it.
        """
        acts = sorted((m.since, m.until) for m in self.registry.of("maintenance", device) if m.end)
        until = at
        for start, end in acts:
            if start <= until < end:
                until = end
        return until if until > at else None


def _stand(registry: Registry) -> tuple[list[int], list[int]]:
    """When devices begin to stand somewhere, and when they end."""
    by_device: dict[str, list[Deployment]] = {}
    for deployment in registry.all("deployment").values():
        by_device.setdefault(deployment.device, []).append(deployment)
    spans = [span for of in by_device.values() for span in merged(of)]
    return sorted(since for since, _ in spans), sorted(until for _, until in spans)


def _plans(_: Registry) -> dict[str, ConditionPlan]:
    """Of a snapshot: made when they are asked for."""
    return {}
