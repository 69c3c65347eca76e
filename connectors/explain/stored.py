"""The evidence of a value in the store: its row, the samples around it, windows, revisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from connectors.store.client import answered
from connectors.store.queries import catalogue
from connectors.store.restating import stored
from streams.applicable import Key
from streams.chain import Track
from streams.errors import Stop
from streams.explain import Explanation, Series, place, traced
from streams.inventory import micros
from streams.judge import Peers
from streams.plan import DevicePlan
from streams.quality import UNKNOWN
from streams.quality.neighbours import NEIGHBOURS
from streams.registry import Registry
from streams.reprocess import arrow
from streams.reprocess.contract import Samples
from streams.reprocess.neighbourhood import Neighbourhood, peers, radius
from streams.reprocess.samples import stored as samples_of
from streams.reprocess.samples import without_erased
from streams.resources import CLICKHOUSE
from streams.siblings import Plans, Together, usable

FOLDER = CLICKHOUSE / "explain"


@dataclass(frozen=True)
class Place:
    """One sample of a series, ``at`` in UTC microseconds; ``status`` final, provisional or live."""

    device: str
    key: Key
    at: int
    status: str

    @property
    def bound(self) -> dict[str, Any]:
        """For a query."""
        series = {"device": self.device, "property": self.key[0], "channel": self.key[1]}
        return series | {"at": self.at}


@dataclass(frozen=True)
class Life:
    """What the judgement of now says, and what is stored: the row, windows, revisions before it,
    and why the day is pending, if it is."""

    explanation: Explanation
    row: Mapping[str, Any]
    windows: Sequence[Mapping[str, Any]]
    revisions: Sequence[Mapping[str, Any]]
    pending: str


def nearest(client: Client, device: str, name: str, channel: str | None, at: int) -> Place:
    """The sample that is nearest to an instant, UTC microseconds.

    Raises:
        Stop: there is none within a day, or several channels have one and none is named.
        Retry: ClickHouse does not answer.
    """
    rows = _ask(client, "near", device=device, property=name, at=at)
    if channel is not None:
        rows = [row for row in rows if row["channel"] == channel]
    if not rows:
        series = " ".join(filter(None, (name, channel)))
        raise Stop(f"{device} has no {series} within a day of that time")
    if len(rows) > 1:
        named = ", ".join(sorted(repr(row["channel"]) for row in rows))
        raise Stop(f"{device} has {name} of the channels {named}: name one with --channel")
    row = rows[0]
    return Place(device, (name, row["channel"]), int(row["at"]), row["status"])


def life(client: Client, registry: Registry, of: Place) -> Life:
    """All that the store knows of a sample, and how it came to be.

    Raises:
        Skip, Stop: nothing declared can judge it any more, or it is not stored.
        Retry: ClickHouse does not answer.
    """
    declared = registry.get("device", of.device)
    if declared is None:
        raise Stop(f"{of.device} is not declared any more: what applied to it is not known")
    plan = DevicePlan(registry, declared)
    reach = plan.reach([of.key]) + 1
    span = of.at - reach, of.at + reach
    table = stored(client, "observations", [of.device], span)
    row = _row(table, of)
    samples = without_erased(samples_of(table), registry)[of.device]
    plans = usable(plan, sorted(samples))
    looks = None
    if row["tests"].get(NEIGHBOURS.name, UNKNOWN) != UNKNOWN:
        looks = _Around(client, registry, of.device, plans, (of.at, reach)).peers
    series = traced(samples, plans, of.key, looks)
    return Life(
        _explained(series, of),
        row,
        _ask(client, "windows", **of.bound),
        _ask(client, "revisions", **of.bound),
        ", ".join(r["reason"] for r in _ask(client, "pending", device=of.device, at=of.at)),
    )


def _explained(series: Series, of: Place) -> Explanation:
    i = place(series, of.at)
    if i is None:
        raise Stop(f"the sample of {of.device} is erased")
    return series.explain(i)


@dataclass(frozen=True)
class _Around:
    """What other devices near by say, read when a series asks for it.

    ``looked`` is the instant and how far around it the samples lie that are compared, UTC
    microseconds: whether these are usable follows from what lies as far around them again.
    """

    client: Client
    registry: Registry
    device: str
    plans: Plans
    looked: tuple[int, int]

    def peers(self, key: Key) -> Peers:
        """Their usable values, as the batch had them."""
        metres = radius(self.plans[key])
        near = self.registry.once(Neighbourhood)
        beside = near.beside(self.device, metres) if metres else []
        names = sorted({one.device for one in beside})
        found = without_erased(self._samples(names), self.registry) if names else {}
        return peers(self.plans[key], beside, lambda other: self._track(found, other, key))

    def _samples(self, names: Sequence[str]) -> Samples:
        declared = (self.registry.get("device", name) for name in names)
        farthest = max(DevicePlan(self.registry, one).reach() for one in declared if one)
        at, reach = self.looked
        span = at - reach - farthest, at + reach + farthest
        return samples_of(stored(self.client, "observations", names, span))

    def _track(self, samples: Samples, other: str, key: Key) -> Track | None:
        declared = self.registry.get("device", other)
        rows = samples.get(other, {})
        if declared is None or key not in rows:
            return None
        plans = usable(DevicePlan(self.registry, declared), sorted(rows))
        return Together(rows, plans).usable(key, key[0]) if key in plans else None


def _row(table: pa.Table, of: Place) -> dict[str, Any]:
    """The stored row, by the names and in the types of the wire."""
    here = np.flatnonzero(arrow.whole(table["observed_at"]) == of.at)
    for row in table.take(pa.array(here)).to_pylist():
        if (row["property"], row["channel"]) == of.key:
            instants = {n: micros(row[n]) for n in ("observed_at", "arrival")}
            frame, tests = bytes(row["frame_id"]), dict(row["tests"])
            return {**row, **instants, "frame_id": frame, "tests": tests}
    raise Stop(f"{of.device} has no such sample any more: run it again")


def _ask(client: Client, name: str, **bound: Any) -> list[dict[str, Any]]:
    sql = catalogue(FOLDER)[name]
    return list(answered(lambda: client.query(sql, parameters=bound)).named_results())
