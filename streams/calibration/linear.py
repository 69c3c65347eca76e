"""y = a + b·x."""

from streams.calibration import CalibrationKind, Floats, Params


class Linear(Params):
    """``a`` in the unit of the result; ``b`` in the unit of the result per unit of x."""

    a: float = 0.0
    b: float = 1.0


def _apply(x: Floats, params: Linear) -> Floats:
    return params.a + params.b * x


LINEAR = CalibrationKind("linear", Linear, _apply, columnwise=True)
