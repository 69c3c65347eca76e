"""What all objects of the inventory have in common: an id, and dates where a value depends on it.

An object without dates is valid for all time.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]
EVER = -(1 << 62)
NEVER = 1 << 62


def micros(at: datetime) -> int:
    """Microseconds since 1970, UTC, exact.

    Raises:
        ValueError: the time is naive.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone: write an offset, or Z for UTC")
    delta = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


class Declared(BaseModel):
    """An object of the inventory."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: Id


class Dated(Declared):
    """Valid in ``[from, to)``; an open end is for ever."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False
    )

    start: datetime | None = Field(None, alias="from")
    end: datetime | None = Field(None, alias="to")

    @model_validator(mode="after")
    def _ordered(self) -> "Dated":
        if self.since >= self.until:
            raise ValueError("from must lie before to")
        return self

    @property
    def since(self) -> int:
        """First instant, UTC microseconds."""
        return EVER if self.start is None else micros(self.start)

    @property
    def until(self) -> int:
        """First instant after, UTC microseconds."""
        return NEVER if self.end is None else micros(self.end)
