"""What is declared: the objects of the inventory, validated.

Every object that influences a value is dated ``[from, to)``; without dates it is valid for all
time. The names of the fields are those of the YAML files.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

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


class UseCase(Declared):
    """A question of the territory; titles in French and English."""

    title_fr: str
    title_en: str
    owner: str = ""


class Source(Declared):
    """Who may post: one URL ``/v1/{id}`` each.

    The secret itself stays in the environment (``VIGIE_SECRET_<NAME>``) or in a file of the
    secrets folder; the inventory names it. Only a ``simulated`` source may carry its arrival.
    """

    network: str
    secret: Annotated[str, Field(pattern=r"^[A-Z0-9_]+$")]
    simulated: bool = False


class Path(BaseModel):
    """One value of a codec's output: ``path`` (dots) to an observed property."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    path: str
    property: Id
    channel: str = ""
    scale: float = 1.0


class Codec(Declared):
    """A TS013 JavaScript codec and the mapping of its output.

    ``script`` is the text; in the inventory file ``file`` names where it lies.
    """

    script: str = Field(max_length=256 << 10)
    mapping: tuple[Path, ...]


class Property(Declared):
    """An observed property of the vocabulary.

    ``resolution`` is in the unit; ``kind`` tells how values combine.
    """

    title_fr: str
    title_en: str
    unit: str
    kind: Literal["instantaneous", "level"] = "instantaneous"
    resolution: float = Field(ge=1e-9, le=1e9)


class Device(Declared):
    """A device: its id is the DevEUI (16 upper-case hexadecimal digits) or the source's own id."""

    name: str
    codec: Id
    use_case: Id
    nominal_period: float = Field(ge=0.1, le=31_622_400, description="Seconds between two uplinks.")


class Deployment(Dated):
    """Where a device stands: WGS 84 degrees, height above ground in metres."""

    device: Id
    site: str
    commune: Annotated[str, Field(pattern=r"^[0-9AB]{5}$")]
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    height: float | None = None


class Calibration(Dated):
    """How a raw value becomes a value; ``params`` are those of the ``kind``."""

    device: Id
    property: Id
    channel: str = ""
    kind: str
    params: Mapping[str, float]
    range: tuple[float, float] | None = None


class Profile(Dated):
    """The quality tests of a property, for all devices or for one.

    ``tests`` maps a test's name to its parameters; a device's profile replaces the property's.
    """

    property: Id
    device: Id | None = None
    tests: Mapping[str, Mapping[str, Any]]


KINDS: Mapping[str, type[Declared]] = {
    "use_case": UseCase,
    "property": Property,
    "source": Source,
    "codec": Codec,
    "device": Device,
    "deployment": Deployment,
    "calibration": Calibration,
    "profile": Profile,
}
