"""Devices and where they stand."""

from typing import Annotated

from pydantic import Field

from streams.inventory.declared import Dated, Declared, Id


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
