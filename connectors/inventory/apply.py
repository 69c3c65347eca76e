"""Applying an inventory: the registry, the store and the folder brought together."""

from collections.abc import Sequence

from connectors.inventory.folder import Inventory
from connectors.inventory.proposal import Proposal, propose
from connectors.store.client import connect
from connectors.store.known import measured_days
from connectors.store.queries import ask
from streams import declare as registry
from streams import schema_registry
from streams.duration import DAY, HOUR
from streams.errors import Retry, Stop
from streams.inventory import micros
from streams.inventory.influence import days
from streams.registry import Registry
from streams.settings import Settings

MARGIN = HOUR
"""Microseconds that the live horizon may move on until the last worker has met a change."""


def proposed(settings: Settings, inventory: Inventory, *, prune: bool) -> Proposal:
    """What a folder would change in what is declared now.

    Raises:
        Retry: Kafka or the schema registry does not answer.
        Stop: the folder is empty, or its objects do not fit together.
    """
    if not inventory.objects:
        raise Stop(f"{inventory.folder}: there is no object; is it the folder of the inventory?")
    before = registry.registered(settings, schema_registry.connect(settings))
    return propose(inventory, before, prune=prune, horizon=_horizon(settings))


def pending(settings: Settings, proposal: Proposal, now: int) -> list[tuple[str, int]]:
    """The days, as device and day since 1970, that the changes leave to the batch.

    ``now`` in UTC microseconds; on a simulated clock the store knows better.

    Raises:
        Retry: ClickHouse does not answer, so nobody can tell the days.
        Stop: ClickHouse refuses until somebody acts.
    """
    touched = proposal.influences()
    if not touched:
        return []
    try:
        client = connect(settings)
        try:
            if settings.clock == "simulated":
                frontier = (micros(row["at"]) for row in ask(client, "frontier"))
                now = max(frontier, default=now)
            named = ((i.device, i.property) for i in touched)
            measured = measured_days(client, named, now + DAY)
            return days(touched, measured, now - _horizon(settings) + MARGIN)
        finally:
            client.close()
    except Retry as e:
        raise Retry(
            f"it cannot be told which days become pending, so nothing was changed: {e}"
        ) from e


def declare(
    settings: Settings,
    proposal: Proposal,
    pending: Sequence[tuple[str, int]],
    at: int,
    author: str,
) -> None:
    """Do what was proposed; ``at`` in UTC microseconds.

    Raises:
        Retry: Kafka does not take it, or what is declared has changed since; nothing counts.
    """

    def decide(now: Registry) -> registry.Batch:
        if now != proposal.before:
            raise Retry("somebody else has declared meanwhile: look at the difference again")
        return registry.Batch([d.change for d in proposal.changes], pending)

    registry.publish(settings, schema_registry.connect(settings), decide, at, author)


def _horizon(settings: Settings) -> int:
    return int(settings.horizon.total_seconds()) * 1_000_000
