"""Energy balance: a meter's index that does not rise by what its power says.

A physical rule of the multi-variate kind (QARTOD): between two samples the index rises by the
mean of both powers times the time between them. Never FAIL: either may be wrong. What reports
power as a mean over its interval, or seldom and of a load that switches, needs a wide tolerance.
"""

import numpy as np
from pydantic import Field

from streams.duration import HOUR
from streams.quality import (
    LONGEST,
    MISSING,
    Columns,
    Flags,
    Floats,
    Numbers,
    Params,
    QualityTest,
    graded,
    micros,
    number,
)


class EnergyBalance(Params):
    """``power`` names the property of the power; one of its units for an hour is ``scale`` of the
    index (0.001: watts and kilowatt-hours). ``tolerance`` is a share of the rise, ``resolution``
    is added to it in the index's unit. ``max_gap`` in seconds.
    """

    power: str = "power"
    scale: float = Field(0.001, gt=0)
    tolerance: float = Field(0.05, ge=0)
    resolution: float = Field(0.0, ge=0)
    max_gap: float = Field(gt=0, le=LONGEST)


def max_gap(params: EnergyBalance) -> int:
    """Microseconds."""
    return micros(params.max_gap)


def _balance(columns: Columns, params: EnergyBalance) -> tuple[Floats, Floats, Floats]:
    """Since the sample before: what the index rose by, what the power fed, and by how much the two
    differ beyond the tolerance; NaN where there is nothing to compare with."""
    t, x, power = columns.time, columns.value, columns.sibling(params.power)
    rise, fed, excess = (np.full(len(x), np.nan) for _ in range(3))
    if len(x):
        rise[1:], hours = np.diff(x), np.diff(t) / HOUR
        fed[1:] = params.scale * (power[:-1] + power[1:]) / 2.0 * hours
        excess[1:] = np.abs(fed[1:] - rise[1:]) - params.tolerance * np.abs(rise[1:])
        excess[1:][np.diff(t) > max_gap(params)] = np.nan
    return rise, fed, excess


def _check(columns: Columns, params: EnergyBalance) -> Flags:
    flags = graded(_balance(columns, params)[2], params.resolution, None)
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, params: EnergyBalance, i: int) -> Numbers:
    rise, fed, excess = _balance(columns, params)
    return {"rise": number(rise[i]), "fed": number(fed[i]), "excess": number(excess[i])}


ENERGY_BALANCE = QualityTest(
    "energy_balance",
    EnergyBalance,
    _check,
    look_back=max_gap,
    inputs=lambda p: (p.power,),
    explain=_explain,
)
