"""What all objects of the inventory have in common: an id, and dates where a value depends on it.

An object without dates is valid for all time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]


def _one_form(said: Any) -> Any:
    """A DevEUI as networks' messages have it here: 16 upper-case digits, whatever was between."""
    text = str(said) if isinstance(said, str | int | float) and not isinstance(said, bool) else ""
    plain = text.translate(_SEPARATORS).upper()
    return plain if _EUI.fullmatch(plain) else said


_EUI = re.compile(r"[0-9A-F]{16}", re.ASCII)
_SEPARATORS = str.maketrans("", "", " :-.")
DeviceId = Annotated[
    str, BeforeValidator(_one_form), Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$")
]
"""A DevEUI in any notation, or what the source itself calls the device."""
Text = Annotated[str, Field(max_length=2000)]
Url = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2048)]
EVER = -(1 << 62)
NEVER = 1 << 62


def _written(said: Any) -> Any:
    """A number would count as seconds since 1970: ``from: 2026`` as half past midnight then."""
    if isinstance(said, int | float) or (isinstance(said, str) and "-" not in said[1:]):
        raise ValueError("write a time with its offset, such as 2026-01-31T12:00:00Z")
    return said


Instant = Annotated[datetime, BeforeValidator(_written)]
"""A time as RFC 3339 has it."""


@dataclass(frozen=True)
class Ref:
    """On a field that names an object, or objects, of another kind."""

    kind: str


def micros(at: datetime) -> int:
    """Microseconds since 1970, UTC, exact.

    Raises:
        ValueError: the time is naive.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone: write an offset, or Z for UTC")
    delta = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


class Part(BaseModel):
    """A part of an object. A number where a text belongs, such as a serial number, is its text."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        allow_inf_nan=False,
        coerce_numbers_to_str=True,
    )


class Span(Part):
    """``[from, to)``; an open end is for ever."""

    start: Instant | None = Field(None, alias="from", description="First instant.")
    end: Instant | None = Field(None, alias="to", description="First instant after.")

    @model_validator(mode="after")
    def _ordered(self) -> "Span":
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

    def overlaps(self, other: "Span") -> bool:
        """Whether both hold at some instant."""
        return self.since < other.until and other.since < self.until


D = TypeVar("D", bound=Span)


def valid(objects: Iterable[D], instant: int) -> list[D]:
    """Those of the objects that are valid at an instant, UTC microseconds."""
    return [o for o in objects if o.since <= instant < o.until]


class Declared(Part):
    """An object of the inventory."""

    id: Id


class Dated(Span, Declared):
    """An object that is valid in ``[from, to)``."""


Place = tuple[str | int, ...]
"""Where a value stands within an object, such as ``("mapping", 0, "property")``."""


def references(part: BaseModel, at: Place = ()) -> Iterator[tuple[Place, str, str]]:
    """What an object names: where it does, the kind and the id."""
    for name, field in type(part).model_fields.items():
        value, here = getattr(part, name), (*at, field.alias or name)
        kinds = [m.kind for m in field.metadata if isinstance(m, Ref)]
        for place, item in _items(value, here):
            if isinstance(item, BaseModel):
                yield from references(item, place)
            elif kinds and item is not None:
                yield place, kinds[0], str(item)


def _items(value: Any, at: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, tuple):
        yield from (((*at, i), item) for i, item in enumerate(value))
    else:
        yield at, value
