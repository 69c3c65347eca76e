"""What the demo has to say: one dictionary that is JSON for machines and tables for people."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.simulator.faults import Fault
from connectors.simulator.measured import TOLERANCES, differences, largest_deviation
from connectors.simulator.plan import Plan
from connectors.simulator.signals import SLOT
from connectors.simulator.truth import Truth
from connectors.store.indicators import load, values
from connectors.store.queries import ask
from streams.duration import SECOND

Rows = list[dict[str, Any]]


def report(client: Client, plan: Plan, expected: Truth, found: Truth) -> dict[str, Any]:
    """Counts, flags, indicators by site, and the comparison with the truth."""
    wrong = differences(expected, found)
    return {
        "seed": plan.seed,
        "start": _instant(plan.start),
        "end": _instant(plan.end),
        "devices": len(plan.sensors),
        **_counts(found),
        "raised": _plain(ask(client, "flags_raised")),
        "faults": [_fault(plan, fault) for fault in plan.faults],
        "indicators": _indicators(client, plan),
        "truth": {
            "equal": not wrong,
            "differences": wrong,
            **_counts(expected),
            "compared": {name: len(of) for name, of in expected.indicators.items()},
            "tolerances": TOLERANCES,
            "largest_deviation": largest_deviation(expected, found),
        },
    }


def _counts(truth: Truth) -> dict[str, Any]:
    counts = asdict(truth)
    del counts["indicators"], counts["raised"]
    return counts


def _indicators(client: Client, plan: Plan) -> dict[str, Rows]:
    """The last fill level of each container, the last hour and every full day of each meter."""
    end = datetime.fromtimestamp(plan.end // SECOND, UTC) + timedelta(days=2)
    since = datetime.fromtimestamp(plan.start // SECOND, UTC) - timedelta(days=2)
    noise = {
        name: [r for r in values(client, load()[name], since, end) if r["value"] is not None]
        for name in ("noise_laeq", "noise_lden")
    }
    last_hours = {row["device"]: row for row in noise["noise_laeq"]}
    return {
        "pav_fill": _plain(ask(client, "pav_fill_last")),
        "noise_laeq": _plain(map(_placed, last_hours.values())),
        "noise_lden": _plain(map(_placed, noise["noise_lden"])),
    }


def _placed(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("site", "commune", "device", "channel", "local_date", "period_start", "value", "unit")
    return {name: row[name] for name in names}


def _fault(plan: Plan, fault: Fault) -> dict[str, Any]:
    first = plan.start + fault.since * SLOT * SECOND
    after = plan.start + fault.until * SLOT * SECOND
    names = {s.eui: s.name for s in plan.sensors}
    return {
        "kind": fault.kind,
        "target": names.get(fault.target, fault.target),
        "from": _instant(first),
        "to": _instant(after),
    }


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).isoformat()


def _plain(rows: Iterable[Mapping[str, Any]]) -> Rows:
    """Times as ISO 8601, so that the rows are JSON."""
    return [
        {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()} for row in rows
    ]
