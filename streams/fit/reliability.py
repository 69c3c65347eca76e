"""The reliability of a device against a reference: the share of its values near enough to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streams.errors import Skip
from streams.fit import Floats, significant
from streams.fit.counts import GOOD_GEH, geh

_ROUNDING = 1e-9
GEH = f"GEH < {GOOD_GEH:g}"
"""What is near enough for counts, if nothing else is said: an hourly flow by its GEH."""


@dataclass(frozen=True)
class Tolerance:
    """How far a value may lie from the reference: ``absolute`` in the unit of both, or ``relative``
    as a share of the reference."""

    absolute: float = 0.0
    relative: float = 0.0

    def holds(self, sensor: Floats, reference: Floats) -> Floats:
        """1 where a value is near enough, bounds included, else 0."""
        most = self.absolute + self.relative * np.abs(reference)
        near = np.abs(sensor - reference) <= most + _ROUNDING * np.maximum(1.0, most)
        return near.astype(np.float64)


def tolerance(text: str) -> Tolerance:
    """``2.5`` in the unit of the values, or ``10%`` of the reference.

    Raises:
        Skip: ``tolerance``: it is neither.
    """
    relative = text.endswith("%")
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0.0 <= value < np.inf:
        raise Skip("tolerance", f"{text!r} is neither a number such as 2.5 nor a share such as 10%")
    return Tolerance(relative=value / 100.0) if relative else Tolerance(absolute=value)


def share(
    sensor: Floats, reference: Floats, near: Tolerance | None, hours: float | None = None
) -> float:
    """The share of pairs that are near enough, 0 to 1; without a tolerance, of counts over
    intervals of so many ``hours``, those whose GEH is good.

    Raises:
        Skip: ``tolerance``: nothing says what is near enough.
    """
    if near is not None:
        return float(near.holds(sensor, reference).mean())
    if hours is None:
        raise Skip("tolerance", "say how near is near enough: --tolerance 2.5, or 10%")
    return float((geh(reference, sensor, hours) < GOOD_GEH).mean())


_FIGURES = ("slope", "intercept", "r2", "rmse", "mbe", "nrmse", "wape", "geh_good")


def record(
    found: Mapping[str, Any],
    described: Mapping[str, Any],
    reliability: float,
    sessions: Sequence[str] = (),
) -> dict[str, Any]:
    """The reliability as the inventory has it: of an evaluation the figures that it gives;
    ``described`` says of whom, when, by what protocol and with what reference."""
    known = {n: significant(found[n]) for n in _FIGURES if found.get(n) is not None}
    of = {"sessions": list(sessions)} if sessions else {}
    return {**described, **of, "n": found["n"], "reliability": significant(reliability), **known}
