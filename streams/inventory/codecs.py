"""How a payload becomes measures: a codec and the mapping of what it says."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from streams.inventory.declared import Declared, Id, Ref
from streams.inventory.sources import TimeUnit

NETWORK = "network"
"""The channel of what the network server itself measures of a device."""


class Path(BaseModel):
    """One value of a codec's output, or one list of values, to an observed property.

    ``path`` leads to a number, to a text such as ``2799 mm``, to true or false, or to an object
    ``{value, unit}``: names with dots between them, a number for a place in a list. What it does
    not find says nothing. ``values`` gives numbers, or null for none, to words. A value is
    multiplied by ``scale``, then ``offset`` is added; that is in the unit which the value says,
    else in ``unit``, else in the property's, and is converted to the property's.

    ``each`` leads to a list; then the other paths start at an item, and an empty one is the item
    itself. Items are told apart by ``time``, by ``step`` or by ``channel``. ``time`` leads to
    the device's own time of a value; ``step`` is the seconds between two items, of which the
    ``newest`` has the time of the frame. ``channel`` may hold paths in braces: ``{line}``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    path: str = Field("", max_length=256)
    property: Annotated[Id, Ref("property")]
    channel: str = Field("", max_length=64)
    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    decimal: Literal[".", ","] = "."
    values: Mapping[str, float | None] = Field({}, max_length=256)
    each: str | None = Field(None, max_length=256)
    time: str | None = Field(None, max_length=256)
    time_unit: TimeUnit = "rfc3339"
    step: float | None = Field(None, ge=0.001, le=31_622_400)
    newest: Literal["first", "last"] = "first"

    @model_validator(mode="after")
    def _told_apart(self) -> "Path":
        if self.each is None:
            if not self.path:
                raise ValueError("path is missing: it may be empty only beside each")
            if self.step is not None:
                raise ValueError("step belongs to a list: name it with each")
        elif self.time is None and self.step is None and "{" not in self.channel:
            raise ValueError("the items of each need a time, a step or a channel of their own")
        if self.time is not None and self.step is not None:
            raise ValueError("time or step, not both")
        return self


class Codec(Declared):
    """A codec and the mapping of its output; exactly one of three:

    ``script``, the text of a TS013 JavaScript codec (in the inventory, ``file`` names where it
    lies); ``python``, the name of a codec of :mod:`streams.codecs.python`; ``decoded``, the object
    that the network server has decoded already. ``ports`` are the FPorts whose frames carry
    measures, none: all; what comes on another is known as a frame and not decoded.
    """

    script: str = Field("", max_length=256 << 10)
    python: str = ""
    decoded: bool = False
    ports: tuple[Annotated[int, Field(ge=0, le=255)], ...] = ()
    mapping: tuple[Path, ...]

    @model_validator(mode="after")
    def _one(self) -> "Codec":
        if (bool(self.script) + bool(self.python) + self.decoded) != 1:
            raise ValueError("exactly one of script (or file), python and decoded")
        return self

    def carries(self, port: int | None) -> bool:
        """Whether a frame on this port has measures; of one without a port nothing is known."""
        return not self.ports or port is None or port in self.ports
