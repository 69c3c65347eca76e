"""What is observed: the vocabulary."""

from typing import Literal

from pydantic import Field

from streams.inventory.declared import Declared


class Property(Declared):
    """An observed property of the vocabulary.

    ``resolution`` is in the unit; ``kind`` tells how values combine.
    """

    title_fr: str
    title_en: str
    unit: str
    kind: Literal["instantaneous", "level"] = "instantaneous"
    resolution: float = Field(ge=1e-9, le=1e9)
