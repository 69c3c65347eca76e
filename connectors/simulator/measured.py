"""What the store holds at the end of a plan, in the terms of the truth, and where they differ."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver.client import Client

from connectors.simulator.plan import Plan
from connectors.simulator.truth import FLAGS, Truth, Values
from connectors.store.indicators import load, values
from connectors.store.queries import ask
from streams.inventory import micros

TOLERANCES = {"pav_fill": 1e-9, "noise_laeq": 1e-6, "noise_lden": 1e-6}
"""In the indicator's unit. Counts and flags have none: they are equal or wrong. Medians are of
the same numbers; levels are sums in another order."""

_SHOWN = 5
_TIMES = 1_000_000


def measured(client: Client, plan: Plan, sent: int) -> Truth:
    """The store's answer; ``sent`` is how many requests the door acknowledged."""
    counts = ask(client, "counts")[0]
    frames = ask(client, "frames")[0]["frames"]
    rows = ask(client, "flags")
    tests = ask(client, "flags_raised")
    return Truth(
        sent=sent,
        unique=frames + counts["dead_letters"],
        observed=counts["observations"],
        dead=counts["dead_letters"],
        flagged=_counted((r["use_case"], FLAGS[r["flag"]], r["rows"]) for r in rows),
        raised=_counted(
            (r["use_case"], f"{r['test']} {FLAGS[r['raised']]}", r["rows"]) for r in tests
        ),
        indicators={name: _indicator(client, plan, name) for name in TOLERANCES},
    )


def _counted(what: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for use_case, name, n in what:
        counts[use_case][name] = counts[use_case].get(name, 0) + n
    return {use_case: dict(sorted(names.items())) for use_case, names in counts.items()}


def _indicator(client: Client, plan: Plan, name: str) -> Values:
    """Its values, where there is one, of all periods that the plan touches."""
    around = timedelta(days=2)
    since, until = (datetime.fromtimestamp(at // _TIMES, UTC) for at in (plan.start, plan.end))
    rows = values(client, load()[name], since - around, until + around)
    return {
        (row["device"], micros(_aware(row["period_start"]))): row["value"]
        for row in rows
        if row["value"] is not None
    }


def _aware(at: datetime) -> datetime:
    """The driver gives UTC without saying so where the column's zone is UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def differences(expected: Truth, found: Truth) -> list[str]:
    """Each difference in words; empty where the store has the truth."""
    return [*_counts(expected, found), *_flags(expected, found), *_values(expected, found)]


def _counts(expected: Truth, found: Truth) -> Iterator[str]:
    for name in ("sent", "unique", "observed", "dead"):
        wanted, got = getattr(expected, name), getattr(found, name)
        if wanted != got:
            yield f"{name}: {got}, the truth is {wanted}"


def _flags(expected: Truth, found: Truth) -> Iterator[str]:
    for title in ("flagged", "raised"):
        wanted, got = _flat(getattr(expected, title)), _flat(getattr(found, title))
        for name in sorted(wanted.keys() | got.keys()):
            if wanted.get(name, 0) != got.get(name, 0):
                yield f"{title} {name}: {got.get(name, 0)}, the truth is {wanted.get(name, 0)}"


def _flat(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {f"{use}: {name}": n for use, names in counts.items() for name, n in names.items()}


def _values(expected: Truth, found: Truth) -> Iterator[str]:
    for name, tolerance in TOLERANCES.items():
        wanted, got = expected.indicators[name], found.indicators[name]
        wrong = [
            (key, got.get(key), wanted.get(key))
            for key in sorted(wanted.keys() | got.keys())
            if not _near(got.get(key), wanted.get(key), tolerance)
        ]
        for (device, at), value, true in wrong[:_SHOWN]:
            period = datetime.fromtimestamp(at // _TIMES, UTC).isoformat()
            yield f"{name} of {device} at {period}: {value}, the truth is {true}"
        if len(wrong) > _SHOWN:
            yield f"{name}: {len(wrong)} of {len(wanted)} values differ"


def _near(value: float | None, true: float | None, tolerance: float) -> bool:
    return value is not None and true is not None and abs(value - true) <= tolerance


def largest_deviation(expected: Truth, found: Truth) -> dict[str, float]:
    """Of each indicator, over the values that both have, in its unit."""

    def of(wanted: Values, got: Values) -> float:
        return max((abs(got[k] - wanted[k]) for k in wanted.keys() & got.keys()), default=0.0)

    return {n: of(expected.indicators[n], found.indicators[n]) for n in TOLERANCES}
