"""Targets of the U.S. Environmental Protection Agency for air sensors, and what meets them.

For sensors at fixed outdoor sites, for non-regulatory supplemental and informational monitoring.
Sources: EPA/600/R-20/280 (PM2.5), EPA/600/R-20/279 (O3), EPA/600/R-23/145 (PM10) and
EPA/600/R-23/146 (NO2, SO2, CO), as the agency's sensortoolkit has them. To meet a target is no
certification, and no class of CEN/TS 17660.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Target:
    """Bounds of one pollutant, lower and upper, both inclusive; None where there is none.

    ``intercept``, ``rmse`` and ``sd`` are in ``unit``, ``nrmse`` and ``cv`` in percent;
    ``averaging`` is that of the values to compare, in hours.
    """

    averaging: int
    unit: str
    slope: Bounds
    intercept: Bounds
    r2: Bounds
    rmse: Bounds
    nrmse: Bounds
    sd: Bounds
    cv: Bounds = (None, 30.0)


def _target(
    averaging: int,
    unit: str,
    slope: float,
    intercept: float,
    r2: float,
    rmse: float,
    sd: float,
    nrmse: float | None = None,
) -> Target:
    return Target(
        averaging,
        unit,
        (round(1.0 - slope, 2), 1.0 + slope),
        (-intercept, intercept),
        (r2, None),
        (None, rmse),
        (None, nrmse),
        (None, sd),
    )


TARGETS: Mapping[str, Target] = {
    "PM2.5": _target(24, "ug/m3", 0.35, 5.0, 0.70, 7.0, 5.0, nrmse=30.0),
    "PM10": _target(24, "ug/m3", 0.35, 10.0, 0.70, 14.0, 5.0, nrmse=30.0),
    "O3": _target(1, "[ppb]", 0.20, 5.0, 0.80, 5.0, 5.0),
    "NO2": _target(1, "[ppb]", 0.35, 5.0, 0.70, 15.0, 5.0),
    "SO2": _target(1, "[ppb]", 0.35, 5.0, 0.70, 15.0, 5.0),
    "CO": _target(1, "[ppm]", 0.20, 0.05, 0.80, 0.15, 0.02),
}

GROUPS: tuple[tuple[str, ...], ...] = (
    ("slope",),
    ("intercept",),
    ("r2",),
    ("rmse", "nrmse"),
    ("sd", "cv"),
)
"""Metrics of which one met is enough."""


@dataclass(frozen=True)
class Verdict:
    """Whether a metric meets its target; ``met`` is None where it could not be computed."""

    metric: str
    value: float | None
    low: float | None
    high: float | None
    met: bool | None


def verdicts(target: Target, found: Mapping[str, float | None]) -> tuple[Verdict, ...]:
    """One for each metric that has a target, in the order of the table."""
    rows = []
    for metric in (m for group in GROUPS for m in group):
        low, high = getattr(target, metric)
        if low is None and high is None:
            continue
        value = found.get(metric)
        met = None if value is None else _within(value, low, high)
        rows.append(Verdict(metric, value, low, high, met))
    return tuple(rows)


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def all_met(rows: tuple[Verdict, ...]) -> bool | None:
    """Whether every group has a metric that is met; None where a group could not be computed."""
    known = {row.metric: row.met for row in rows}
    judged = [[known[m] for m in group if m in known] for group in GROUPS]
    if any(group and all(met is False for met in group) for group in judged):
        return False
    return None if any(group and True not in group for group in judged) else True
