"""What plans, runs and differences are printed as."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cli.load import Shape

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.reprocess.planning import Part, Plan
    from connectors.store.runs import Run
    from streams.reprocess.contract import Summary

LINES = 40
"""Rows of a table for people; the JSON has all."""

_INSTANTS = ("until", "started", "ended")


def plan(found: "Plan", output: Shape) -> None:
    """What would be done, and why."""
    content: dict[str, Any] = {
        "samples": found.samples,
        "devices": len({part.asked.device for part in found.parts}),
        "days": sum(part.days for part in found.parts),
        "seconds": round(found.seconds, 1),
        "until": time(found.until),
        "live": _spans(found.live),
        "waiting_days": found.waiting,
        "parts": _parts(found.parts),
        "handed": _parts(found.handed),
    }
    if output is Shape.json:
        data(content)
        return
    rows(content["parts"])
    say(
        f"{content['samples']} samples of {content['devices']} devices on {content['days']} days, "
        f"about {_long(found.seconds)}"
    )
    if found.live:
        say(f"what is younger than {content['until']} is cut off: live judges it by itself")
    if found.handed:
        say(f"what is younger than {content['until']} is decoded again and sent to live")
    if found.waiting:
        say(f"{found.waiting} pending days wait until all of them is older than the live horizon")


def _parts(parts: Iterable["Part"]) -> list[dict[str, Any]]:
    return [
        one | {"samples": part.samples, "days": part.days}
        for part in parts
        for one in _spans([part.asked])
    ]


def differences(every: Sequence["Summary"], output: Shape) -> None:
    """What would change, by series."""
    found = [s for s in every if s.differs]
    said = [_summary(s) for s in found]
    judged = sum(s.samples for s in every)
    if output is Shape.json:
        total = {n: sum(one[n] for one in said) for n in _COUNTS}
        data({"judged": judged, "total": total, "series": said})
        return
    rows(sorted(said, key=lambda one: (-one["values"] - one["flags"], one["device"])))
    series, devices = len(found), len({s.device for s in found})
    say(f"{judged} samples judged; {series} series of {devices} devices would change")


_COUNTS = (*("added", "values", "flags", "others", "vanished", "windows", "windows_vanished"),)


def _summary(one: "Summary") -> dict[str, Any]:
    named = {"device": one.device, "property": one.key[0], "channel": one.key[1]}
    counts = {name: getattr(one, name) for name in _COUNTS}
    at, before, after = (
        (time(one.largest.at), one.largest.before, one.largest.after)
        if one.largest
        else (None, None, None)
    )
    return named | counts | {"largest_at": at, "before": before, "after": after}


def run(one: "Run", row: dict[str, Any], home: "Path") -> dict[str, Any]:
    """A run as one line; a run at work whose process is gone is interrupted."""
    from connectors.reprocess.alive import alive
    from connectors.store import runs

    gone = one.state == runs.RUNNING and not alive(home, one.run)
    return {
        "run": one.run,
        "state": runs.INTERRUPTED if gone else one.state,
        "what": one.what,
        "author": one.author,
        "reason": one.reason,
        "started": time(one.started),
        "ended": None if one.ended is None else time(one.ended),
        "done": f"{row['done']}/{row['tasks']}",
        "judged": row["judged"],
        "written": row["written"],
        "open_days": row["open_days"],
    }


def record(one: "Run", row: dict[str, Any], changed: list[dict[str, Any]], output: Shape) -> None:
    """A run with all that is recorded, and what it changed, by series."""
    told = {name: getattr(one, name) for name in type(one).__dataclass_fields__}
    told |= {n: None if told[n] is None else time(told[n]) for n in _INSTANTS}
    told |= {n: row[n] for n in ("tasks", "done", "judged", "seconds", "written", "open_days")}
    for line in changed:
        at = line.pop("largest_at")
        line["largest_at"] = time(at) if line["values"] else None
        if not line["values"]:
            line["largest_before"] = line["largest_after"] = None
    if output is Shape.json:
        data(told | {"differences": changed})
        return
    from cli.tables import table

    shown = {n: v for n, v in told.items() if n not in ("selection", "config")}
    table([{"": name, " ": _plain(value)} for name, value in shown.items()])
    rows(changed)


def rows(every: Sequence[dict[str, Any]]) -> None:
    """A table of at most so many lines."""
    from cli.tables import table

    if every:
        table(every[:LINES])
    if len(every) > LINES:
        say(f"and {len(every) - LINES} more: --output json shows all")


def data(content: Any) -> None:
    """For machines."""
    print(json.dumps(content, indent=1, ensure_ascii=False, default=str))  # noqa: T201


def say(text: str) -> None:
    """For whoever watches."""
    print(f"vigie: {text}", file=sys.stderr)  # noqa: T201


def time(at: int) -> str:
    """RFC 3339 of UTC microseconds."""
    from connectors import rfc3339

    return rfc3339.text(at)


def _spans(asked: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {"device": one.device, "from": time(one.since), "to": time(one.until), "why": one.why}
        for one in asked
    ]


def _long(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _plain(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else "" if value is None else str(value)
