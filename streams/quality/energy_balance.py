"""Energy balance: a meter's index that does not rise by what its power says.

A physical rule of the multi-variate kind (QARTOD): between two samples the index rises by the
mean of both powers times the time between them. Never FAIL: either may be wrong. What reports
power as a mean over its interval, or seldom and of a load that switches, needs a wide tolerance.
"""

import numpy as np
from pydantic import Field

from streams.quality import (
    LONGEST,
    MISSING,
    SECOND,
    Columns,
    Flags,
    Params,
    QualityTest,
    graded,
    micros,
)

_HOUR = 3600 * SECOND


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


def _check(columns: Columns, params: EnergyBalance) -> Flags:
    t, x, power = columns.time, columns.value, columns.sibling(params.power)
    excess = np.full(len(x), np.nan)
    if len(x):
        rise, hours = np.diff(x), np.diff(t) / _HOUR
        fed = params.scale * (power[:-1] + power[1:]) / 2.0 * hours
        excess[1:] = np.abs(fed - rise) - params.tolerance * np.abs(rise)
        excess[1:][np.diff(t) > max_gap(params)] = np.nan
    flags = graded(excess, params.resolution, None)
    flags[np.isnan(x)] = MISSING
    return flags


ENERGY_BALANCE = QualityTest(
    "energy_balance", EnergyBalance, _check, look_back=max_gap, inputs=lambda p: (p.power,)
)
