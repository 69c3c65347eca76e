"""y = (x − offset) / gain: the inverse of what a certificate says of an instrument's response."""

from pydantic import field_validator

from streams.calibration import CalibrationKind, Floats, Params


class Inverse(Params):
    """``offset`` in the unit of x; ``gain`` in the unit of x per unit of the result, not 0."""

    gain: float
    offset: float = 0.0

    @field_validator("gain")
    @classmethod
    def _not_zero(cls, gain: float) -> float:
        if gain == 0.0:
            raise ValueError("a gain of 0 says nothing of what was measured")
        return gain


def _apply(x: Floats, params: Inverse) -> Floats:
    return (x - params.offset) / params.gain


INVERSE = CalibrationKind("inverse", Inverse, _apply, columnwise=True)
