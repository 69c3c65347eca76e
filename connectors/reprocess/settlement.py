"""The night's work: what came late, and what is newly final of those who are compared with others.

The record of runs says up to where was settled; so a scheduler that was down makes up for its
nights in one, and one that starts twice a night does nothing the second time.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from croniter import croniter

from connectors.reprocess.asked import LATE, ZONE, Asked
from connectors.reprocess.planning import (
    Plan,
    Question,
    count,
    newly_final,
    owned_until,
    plan,
    seconds,
)
from connectors.reprocess.running import begin, work
from connectors.reprocess.work import Place
from connectors.store import runs
from connectors.store.batch import ask
from connectors.store.client import connect
from streams import schema_registry
from streams.declare import registered
from streams.duration import DAY, HOUR
from streams.errors import Retry, Stop
from streams.registry import Registry
from streams.settings import Settings
from streams.uplinks import Network

log = structlog.get_logger()
AUTHOR = "scheduler"
Networks = Mapping[str, Network]
Clock = Callable[[], int]
"""Gives UTC microseconds."""

LOOK = 60.0
"""Seconds between two looks at the clock, and after a night that failed."""


def due(at: str, now: int) -> int:
    """The latest instant at which a settlement was due, UTC microseconds; ``at`` is the time of day
    in Europe/Paris, such as ``03:00``. A night in which it strikes twice has the first, one in
    which it is left out the next that is there."""
    hour, minute = at.split(":")
    here = datetime.fromtimestamp(now / 1e6, UTC).astimezone(ZoneInfo(ZONE))
    return int(croniter(f"{int(minute)} {int(hour)} * * *", here).get_prev(float) * 1e6)


def keep(settings: Settings, networks: Networks, stop: threading.Event, now: Clock) -> None:
    """Settle every night until ``stop``; on a simulated clock never.

    What fails is said and tried again a minute later: its days stay pending meanwhile.
    """
    said = ""
    while settings.clock == "wall" and not stop.wait(LOOK):
        try:
            settled(settings, networks, stop, now)
        except (Retry, Stop) as e:
            if str(e) != said:
                log.warning("settlement_waits", reason=str(e))
            said = str(e)


def settled(settings: Settings, networks: Networks, stop: threading.Event, now: Clock) -> bool:
    """Do what is due and not done; whether anything was.

    Raises:
        Retry: a server does not answer.
        Stop: something must be mended first.
    """
    with closing(connect(settings)) as client:
        (last,) = ask(client, "settled_until")
        if int(last["started"] or 0) >= due(settings.settle_at, now()):
            return False
        wire = schema_registry.connect(settings)
        place = Place(settings, client, wire, networks, now)
        return settle(place, int(last["until"] or 0), stop)


def settle(place: Place, since: int, stop: threading.Event) -> bool:
    """One settlement; whether it came to its end. ``since`` is up to where the last one was, 0
    where there was none. A settlement that was interrupted is gone on with first.

    Raises:
        Retry: a server does not answer.
        Stop: something must be mended first.
    """
    for run, _ in runs.latest(place.client, runs.SHOWN_MAX):
        if run.what == runs.SETTLE and run.state in (runs.RUNNING, runs.INTERRUPTED):
            _done(place, run, stop)
    registry = registered(place.settings, place.wire)
    found = tonight(place, registry, since)
    run = begin(place, found, runs.SETTLE, AUTHOR, f"night of {_night(place.now())}")
    return _done(place, run, stop)


def tonight(place: Place, registry: Registry, since: int) -> Plan:
    """What a settlement does.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: nothing is final yet.
    """
    horizon = place.settings.horizon_hours * HOUR
    late = plan(place.client, registry, Question(pending=True, reason=LATE), horizon)
    first = since or owned_until(place.client) - DAY
    final: list[Asked] = newly_final(place.client, registry, (first, late.until))
    parts = [*late.parts, *(part for part, _ in count(place.client, final, frozenset()))]
    return replace(late, parts=parts, seconds=seconds(place.client, parts))


def _done(place: Place, run: runs.Run, stop: threading.Event) -> bool:
    after = work(place, run, 1, lambda *_: None, stop.is_set)
    log.info("settlement", run=after.run, state=after.state, **after.counts)
    return after.state == runs.DONE


def _night(now: int) -> str:
    return datetime.fromtimestamp(now / 1e6, UTC).astimezone(ZoneInfo(ZONE)).date().isoformat()
