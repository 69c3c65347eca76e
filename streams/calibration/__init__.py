"""Calibration kinds, one file each, found by discovery.

A stage of a chain is called as ``kind.calibrate(x, params, inputs)``. The values of a kind without
``inputs`` depend on nothing else, and ``kind.apply(x, params)`` gives them. Every kind does the
same operations in the same order whatever the number of rows, so that a part of a series has the
bits that it has in the whole.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Flags = NDArray[np.uint8]
Floats = NDArray[np.float64]
Instants = NDArray[np.int64]

UNFLAGGED, UNKNOWN, SUSPECT = 0, 2, 3
MARGIN = 0.1
"""A calibration is trusted a tenth of its range beyond its ends."""


class Params(BaseModel):
    """Parameters of a calibration; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Inputs:
    """What stands beside the values of a series, a row a sample.

    ``time`` is UTC microseconds. ``siblings`` are calibrated good values of other properties of
    the device: of the same frame, else the nearest within the kind's ``reach``, of two the earlier.
    """

    time: Instants
    siblings: Mapping[str, Floats] = field(default_factory=dict)

    def sibling(self, name: str) -> Floats:
        """The values of a property; NaN where the device has none."""
        found = self.siblings.get(name)
        return np.full(len(self.time), np.nan) if found is None else found


@dataclass(frozen=True)
class Calibrated:
    """What came of a stage, a row a sample.

    ``flags`` are 0 where there is nothing to say, UNKNOWN where the value is missing for want of
    an input, SUSPECT where the stage was used beyond what it was made for. ``provisional`` says
    that a later declaration will restate all of these values.
    """

    value: Floats
    flags: Flags
    provisional: bool


def _nothing(_params: Any) -> int:
    return 0


def _final(_params: Any) -> bool:
    return False


@dataclass(frozen=True)
class CalibrationKind:
    """``apply(x, params)`` gives the calibrated values of x, same shape, NaN where x is NaN.

    A kind that looks at more declares ``inputs``: the properties of the same device that it takes
    with given parameters, none if time is all; then ``apply`` and ``flags`` have a third argument
    :class:`Inputs`. ``flags`` is uint8, 0 where x is NaN. ``reach`` is how far from a sample, in
    microseconds, another property may have been measured. ``columnwise``: its parameters are
    numbers that enter the formula as such, so that each sample may have its own.
    """

    name: str
    params: type[Params]
    apply: Callable[..., Floats]
    inputs: Callable[[Any], tuple[str, ...]] | None = None
    flags: Callable[..., Flags] | None = None
    reach: Callable[[Any], int] = _nothing
    provisional: Callable[[Any], bool] = _final
    columnwise: bool = False

    def parse(self, params: Mapping[str, Any]) -> Params:
        """The validated parameters; raises pydantic's ValidationError."""
        return self.params.model_validate(params)

    def siblings(self, params: Params) -> tuple[str, ...]:
        """The properties of the device that the stage takes."""
        return () if self.inputs is None else self.inputs(params)

    def calibrate(self, x: Floats, params: Params, inputs: Inputs) -> Calibrated:
        """The stage over the samples of ``inputs``."""
        given = (x, params) if self.inputs is None else (x, params, inputs)
        flags = np.zeros(len(x), np.uint8) if self.flags is None else self.flags(*given)
        return Calibrated(self.apply(*given), flags, self.provisional(params))


def flagged(where: NDArray[np.bool_], flag: int = SUSPECT) -> Flags:
    """``flag`` where it holds, 0 elsewhere."""
    return np.where(where, flag, UNFLAGGED).astype(np.uint8)


def beyond(x: Floats, low: float, high: float, margin: float = MARGIN) -> NDArray[np.bool_]:
    """Which values lie more than ``margin`` of the width outside ``[low, high]``; never NaN."""
    slack = margin * (high - low)
    outside: NDArray[np.bool_] = (x < low - slack) | (x > high + slack)
    return outside
