"""What a replay is going to do, and what speaks against it, before anything is done."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.replay.pace import ceiling, floor, refuse, seconds
from connectors.replay.position import Period, Position
from connectors.replay.uplinks import Bounds, Found
from connectors.rfc3339 import text
from connectors.store.client import answered
from connectors.store.queries import catalogue
from streams.duration import HOUR, MINUTE
from streams.registry import Registry
from streams.resources import CLICKHOUSE
from streams.settings import Settings

MARGIN = HOUR
"""By how much more than the live horizon allows a replay into the live world must be younger: it
takes its time, and the horizon moves on."""

ON_DISK = 8
"""Bytes that a byte of uplinks takes at most once all is made of it: on the topics, the state's
and the store's among them, before they are compacted."""


@dataclass(frozen=True)
class Plan:
    """``target`` is ``live`` or the name of a side world. ``sources`` are keys of uplinks that
    are no declared device: bodies of several devices, or of one that nobody knows. ``size`` and
    ``disk`` in bytes, ``lasts`` in seconds."""

    target: str
    period: Period
    uplinks: int
    devices: int
    sources: int
    minutes: int
    size: int
    disk: int
    lasts: float
    bounds: Mapping[int, Bounds]
    resumed: bool = False

    def document(self) -> dict[str, Any]:
        """For machines."""
        told = {name: text(at) for name, at in asdict(self.period).items()}
        whole = asdict(self) | {"period": told}
        del whole["bounds"]
        return whole


def period(since: int, until: int, margin: int, clock: int) -> Period:
    """Full minutes: ``[since, until)``, and as far as the ``margin`` (microseconds) around it has
    passed by ``clock``."""
    since, until = floor(since), ceiling(until)
    end = max(until, min(until + margin, floor(clock)))
    return Period(since, until, since - margin, end)


def planned(target: str, of: Period, found: Found, registry: Registry, speed: float | None) -> Plan:
    """The plan of a replay of what was found."""
    devices = registry.all("device")
    known = sum(key.decode("utf-8", "replace") in devices for key in found.keys)
    minutes = (of.end - of.first) // MINUTE
    lasts = seconds(found.uplinks, minutes, speed)
    disk = found.size * (1 if target == LIVE else ON_DISK)
    counts = found.uplinks, known, len(found.keys) - known, minutes
    return Plan(target, of, *counts, found.size, disk, lasts, found.bounds)


LIVE = "live"


def check_period(of: Period, clock: int) -> None:
    """Whether a period is over and ``clock``, the live world's (UTC microseconds), has passed it.

    Raises:
        Stop: it is empty, not over, or the live world has stored nothing.
    """
    refuse(_of_time(of, clock))


def _of_time(of: Period, clock: int) -> Iterator[str]:
    if of.since >= of.until:
        yield f"the period begins at {text(of.since)} and is over by then"
    if not clock:
        yield "the store has met no tick on every partition: is the sink up?"
    elif of.until > clock:
        yield (
            f"the period ends at {text(of.until)}, and the live world is stored up to "
            f"{text(clock)}: end it earlier, or wait"
        )


def check_live(of: Period, clock: int, horizon: int) -> None:
    """Whether a period may go into the live world; ``horizon`` in microseconds.

    Raises:
        Stop: its beginning belongs to the batch.
    """
    oldest = clock - horizon + MARGIN
    if of.since < oldest:
        refuse(
            [
                f"live judges what is younger than {text(oldest)} and the period begins at "
                f"{text(of.since)}: begin later, or replay it into a side world (--side)"
            ]
        )


def check_side(existing: Position | None, of: Period, inventory: str) -> None:
    """Whether a side world is new, or that of the same replay.

    Raises:
        Stop: it holds another one; its clock would leap.
    """
    if existing is None:
        return
    if (existing.period.since, existing.period.until) != (of.since, of.until):
        was = f"{text(existing.period.since)} to {text(existing.period.until)}"
        refuse([f"this side world holds {was}: drop it, or name another one"])
    if existing.inventory != inventory:
        refuse(["this side world has another inventory: drop it, or name another one"])


def check_disk(settings: Settings, plan: Plan) -> None:
    """Whether the embedded broker has the space; that of another broker is not known here.

    Raises:
        Stop: it has not.
    """
    if settings.kafka_url:
        return
    free = shutil.disk_usage(settings.home).free - settings.spool_reserve
    if plan.disk > free:
        refuse(
            [
                f"it takes up to {plan.disk >> 20} MiB and {settings.home} has "
                f"{max(0, free) >> 20} MiB to spare: replay a shorter period, or make room"
            ]
        )


def frames(client: Client, of: Period) -> int:
    """How many frames that arrived in the period the store knows.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    sql = catalogue(CLICKHOUSE / "replay")["frames"]
    bound = {"first": of.since, "end": of.until}
    return int(answered(lambda: client.query(sql, parameters=bound)).result_rows[0][0])
