"""Calibration kinds, one file each, found by discovery."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Floats = NDArray[np.float64]


class Params(BaseModel):
    """Parameters of a calibration; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class CalibrationKind:
    """``apply(x, params)`` gives the calibrated values of x, same shape, NaN where x is NaN."""

    name: str
    params: type[Params]
    apply: Callable[[Floats, Params], Floats]

    def parse(self, params: Mapping[str, float]) -> Params:
        """The validated parameters; raises pydantic's ValidationError."""
        return self.params.model_validate(params)
