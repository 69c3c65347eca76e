"""``vigie status``: what runs, where, and how far behind it is."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cli.command import Command
from cli.load import Home, Output, Shape, load
from embedded.restarts import WINDOW
from embedded.status import State
from streams.settings import Settings

PROBLEMS = 3
LAG_WITHIN = 1.0
"""Seconds: a broker that is away must not keep the rest from being shown."""


def status(home: Home = None, output: Output = Shape.table) -> None:
    """Processes with state, pid, restarts and memory; lag of the consumer groups; the spool.

    Ends with 0 when everything runs, 3 when something does not, or was restarted in the last
    minute, or Kafka does not answer.
    """
    found = seen(load(home=home))
    if output is Shape.json:
        print(json.dumps(found, indent=1))  # noqa: T201
    else:
        _print(found)
    if not found["up"] or found["lag"] is None:
        raise SystemExit(PROBLEMS)


def seen(settings: Settings) -> dict[str, Any]:
    """What a look from outside finds; lag is None where Kafka does not answer in time."""
    from embedded import lock
    from embedded import status as states

    holder = lock.holder(settings.home)
    known = states.read(settings.home)
    now = time.time()
    steady = all(s.condition == "running" and not _shaky(s, now) for s in known)
    return {
        "home": str(settings.home),
        "pid": holder.pid if holder else None,
        "up": holder is not None and steady and bool(known),
        "processes": [_process(s, now, alive=holder is not None) for s in known],
        "lag": _lag(settings) if holder or settings.kafka_url else [],
        "spool": _spool(settings.home, now),
    }


def _shaky(state: State, now: float) -> bool:
    """It runs, if it does, only since a restart of the last minute."""
    return state.restarted is not None and now - state.restarted < WINDOW


def _process(state: State, now: float, *, alive: bool) -> dict[str, Any]:
    import psutil

    condition: str = state.condition if alive or state.condition == "failed" else "stopped"
    memory = None
    if alive and state.pid is not None:
        try:
            memory = psutil.Process(state.pid).memory_info().rss >> 20
        except psutil.NoSuchProcess:
            condition = "ended"
    return {
        "name": state.name,
        "state": condition,
        "pid": state.pid if alive else None,
        "for_s": round(now - state.since) if alive else None,
        "restarts": state.restarts,
        "restarted_s_ago": None if state.restarted is None else round(now - state.restarted),
        "memory_mib": memory,
        "ports": dict(state.ports),
    }


def _lag(settings: Settings) -> list[dict[str, Any]] | None:
    from streams.errors import Retry
    from streams.lag import lags

    try:
        return [asdict(lag) for lag in lags(settings, LAG_WITHIN)]
    except Retry:
        return None


def _spool(home: Path, now: float) -> list[dict[str, Any]]:
    """What of the spools of webhooks is not in Kafka."""
    from connectors.webhook.waiting import waiting

    return [
        {
            "webhook": one.webhook,
            "waiting_bytes": one.size,
            "oldest_s": None if one.since is None else round(now - one.since / 1000),
            "aside_bytes": one.aside,
        }
        for one in waiting(home)
    ]


def _print(found: dict[str, Any]) -> None:
    from cli.tables import table

    said = f"running, pid {found['pid']}" if found["pid"] else "nothing runs"
    if not found["processes"]:
        print(f"{found['home']}: {said}")  # noqa: T201
    else:
        rows = [p | {"ports": ", ".join(map(str, p["ports"].values()))} for p in found["processes"]]
        table(rows, title=f"{found['home']}: {said}")
    if found["lag"] is None:
        table([{"lag": "unknown: Kafka does not answer in time"}])
    elif found["lag"]:
        table(found["lag"])
    if found["spool"]:
        table(found["spool"], title="spool: uplinks that wait for Kafka")


COMMAND = Command("status", status)
