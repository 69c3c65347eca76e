"""The same quantity in another unit, such as °F in °C; both as UCUM codes or as devices spell them.

A volume fraction and a mass concentration are not one quantity: see ``gas``.
"""

from pydantic import Field, model_validator

from streams.calibration import CalibrationKind, Floats, Params
from streams.errors import Skip
from streams.units import conversion


class Units(Params):
    """``from`` is the unit of x, ``to`` that of the result."""

    source: str = Field(alias="from", max_length=40)
    target: str = Field(alias="to", max_length=40)

    @model_validator(mode="after")
    def _convertible(self) -> "Units":
        try:
            conversion(self.source, self.target)
        except Skip as why:
            raise ValueError(str(why)) from None
        return self


def _apply(x: Floats, params: Units) -> Floats:
    return conversion(params.source, params.target)(x)  # type: ignore[arg-type,return-value]


UNIT = CalibrationKind("unit", Units, _apply)
