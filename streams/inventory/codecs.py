"""How a payload becomes measures: a codec and the mapping of what it says."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from streams.inventory.declared import Declared, Id


class Path(BaseModel):
    """One value of a codec's output: ``path`` (dots) to an observed property."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    path: str
    property: Id
    channel: str = ""
    scale: float = 1.0


class Codec(Declared):
    """A codec and the mapping of its output; exactly one of three:

    ``script``, the text of a TS013 JavaScript codec (in the inventory, ``file`` names where it
    lies); ``python``, the name of a codec of :mod:`streams.codecs`; ``decoded``, the object that
    the network server has decoded already.
    """

    script: str = Field("", max_length=256 << 10)
    python: str = ""
    decoded: bool = False
    mapping: tuple[Path, ...]

    @model_validator(mode="after")
    def _one(self) -> "Codec":
        if (bool(self.script) + bool(self.python) + self.decoded) != 1:
            raise ValueError("exactly one of script (or file), python and decoded")
        return self
