"""How good a sensor is beside a reference: the sensor as a function of the reference, the errors,
the spread between units, and the targets of its pollutant."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.errors import Skip
from streams.fit import INTERCEPT, Floats, Options
from streams.fit.agreement import Agreement, Precision, agreement, precision
from streams.fit.counts import compare_pairs
from streams.fit.ols import OLS
from streams.fit.pairs import Pairs
from streams.fit.targets import TARGETS, Verdict, all_met, verdicts

MOST_UNITS = 1000


@dataclass(frozen=True)
class UnitLine:
    """The line of one unit: sensor = intercept + slope · reference."""

    unit: str
    n: int
    slope: float
    intercept: float
    r2: float | None


@dataclass(frozen=True)
class Evaluation:
    """``lines`` of the units one by one, ``errors`` of all of them (sensor − reference),
    ``precision`` between them; ``verdicts`` where a pollutant was named."""

    lines: tuple[UnitLine, ...]
    errors: Agreement
    precision: Precision | None
    pollutant: str | None
    verdicts: tuple[Verdict, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; ``slope``, ``intercept`` and ``r2`` are the means of the units'."""
        known = [u.r2 for u in self.lines if u.r2 is not None]
        target = TARGETS.get(self.pollutant or "")
        return {
            **asdict(self.errors),
            "slope": float(np.mean([u.slope for u in self.lines])),
            "intercept": float(np.mean([u.intercept for u in self.lines])),
            "r2": float(np.mean(known)) if known else None,
            "sd": self.precision and self.precision.sd,
            "cv": self.precision and self.precision.cv,
            "units": [asdict(u) for u in self.lines],
            "pollutant": self.pollutant,
            "averaging_hours": target and target.averaging,
            "target_unit": target and target.unit,
            "targets": [asdict(v) for v in self.verdicts],
            "met": all_met(self.verdicts) if target else None,
        }


def of_pairs(
    pairs: Pairs, pollutant: str | None, lasts: float | None, peak: bool | None
) -> dict[str, Any]:
    """What an evaluation says, for JSON: of counts where ``lasts`` are the seconds of their
    intervals (``peak``: whether the peak hour is among them), else of values.

    Raises:
        Skip: the pairs say too little.
    """
    if lasts is not None:
        return compare_pairs(pairs, lasts / 3600.0, peak).as_dict()
    return evaluate(pairs, pollutant).as_dict()


def evaluate(pairs: Pairs, pollutant: str | None = None) -> Evaluation:
    """Compare a sensor, or several units of one, with a reference.

    Raises:
        Skip: ``too_few`` or ``constant`` pairs, ``bad_csv`` where a unit has two rows of one time.
    """
    complete = pairs.complete(("sensor", "reference"))
    lines = tuple(_line(name, part) for name, part in _units(complete).items())
    if not lines:
        raise Skip("too_few", "no pair is complete: each needs a sensor and a reference")
    errors = agreement(complete.numbers["sensor"], complete.numbers["reference"])
    spread = _precision(pairs)
    found = _worst(lines) | {
        "rmse": errors.rmse,
        "nrmse": errors.nrmse,
        "sd": spread.sd if spread else None,
        "cv": spread.cv if spread else None,
    }
    judged = verdicts(TARGETS[pollutant], found) if pollutant else ()
    return Evaluation(lines, errors, spread, pollutant, judged)


def _units(pairs: Pairs) -> Mapping[str, Pairs]:
    if pairs.unit is None:
        return {"": pairs} if len(pairs) else {}
    names = np.unique(pairs.unit).tolist()
    if len(names) > MOST_UNITS:
        raise Skip("bad_csv", f"{len(names)} units: at most {MOST_UNITS} are compared at once")
    return {name: pairs.where(pairs.unit == name) for name in names}


def _line(name: str, pairs: Pairs) -> UnitLine:
    sensor, reference = pairs.numbers["sensor"], pairs.numbers["reference"]
    try:
        fit = OLS.fit({"reference": reference}, sensor, Options())
    except Skip as why:
        raise Skip(why.reason, f"unit {name}: {why}" if name else str(why)) from None
    of = fit.coefficients
    r2 = agreement(sensor, reference).r2
    return UnitLine(name, len(pairs), of["reference"], of[INTERCEPT], r2)


def _worst(lines: tuple[UnitLine, ...]) -> dict[str, float | None]:
    """What every unit meets if this does: the slope farthest from 1, and so on."""
    known = [u.r2 for u in lines if u.r2 is not None]
    return {
        "slope": max((u.slope for u in lines), key=lambda slope: abs(slope - 1.0)),
        "intercept": max((u.intercept for u in lines), key=abs),
        "r2": min(known) if len(known) == len(lines) else None,
    }


def _precision(pairs: Pairs) -> Precision | None:
    """Between units at the same times; without times, between their rows of one number, if they
    have equally many."""
    units = list(_units(pairs).values())
    if len(units) < 2:
        return None
    values = [u.numbers["sensor"] for u in units]
    times = [u.time for u in units if u.time is not None]
    if times:
        return precision(_side_by_side(times, values))
    return precision(np.column_stack(values)) if len({len(v) for v in values}) == 1 else None


def _side_by_side(times: Sequence[NDArray[np.int64]], values: Sequence[Floats]) -> Floats:
    """A row for each time that one of the units has, a column for each unit."""
    every = np.unique(np.concatenate(times))
    table = np.full((len(every), len(values)), np.nan)
    for i, (time, value) in enumerate(zip(times, values, strict=True)):
        at = np.searchsorted(every, time)
        if len(np.unique(at)) < len(at):
            raise Skip("bad_csv", "a unit has two rows of the same time")
        table[at, i] = value
    return table
