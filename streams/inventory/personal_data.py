"""Whether what is measured is about people, and how coarse it must be to be published.

``personal``: a value is about a person who is known, such as the meter of a dwelling.
``indirect``: a person can be singled out by adding what others know, such as a counter that only
one household passes. Both may leave only under the aggregation that the use case declares.

Source: Regulation (EU) 2016/679, articles 4 (1) and 5 (1) (c), recital 26.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter

from streams.inventory.declared import Part

PersonalData = Literal["none", "indirect", "personal"]

_DURATION = TypeAdapter(timedelta)


def _seconds(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("P"):
        return _DURATION.validate_python(value).total_seconds()
    return value


class Publication(Part):
    """The finest that may be published: a value stands for at least ``least_period`` (seconds, or
    ISO 8601 such as P1D) and for at least ``least_devices`` devices together."""

    least_period: Annotated[float, BeforeValidator(_seconds), Field(gt=0, le=3_153_600_000)]
    least_devices: int = Field(1, ge=1)
