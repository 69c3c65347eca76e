"""What is observed: the vocabulary.

Sources: UCUM 2.2 (units); Smart Data Models (entities and attributes).
"""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from streams.inventory.declared import Declared
from streams.inventory.personal_data import PersonalData

Kind = Literal["instantaneous", "count", "index", "level", "angle", "state"]


class Property(Declared):
    """An observed property of the vocabulary.

    ``unit`` is its UCUM code, ``resolution`` is in that unit. ``kind`` tells how values combine:

    - ``instantaneous``: the value at an instant; averaged over time;
    - ``count``: what passed within the device's own interval; added up;
    - ``index``: a counter since it was set up, that never goes back but for a reset; subtracted;
    - ``level``: decibels of an energy; averaged as energies;
    - ``angle``: degrees, 0 is 360; averaged as directions;
    - ``state``: 0 or 1, or the number of a state; its share of time counts, not its mean.

    ``attribute`` is the Smart Data Models name under which it is published, ``Entity.attribute``.
    """

    title_fr: str
    title_en: str
    unit: str
    kind: Kind = "instantaneous"
    resolution: float = Field(ge=1e-9, le=1e9)
    attribute: str | None = Field(None, pattern=r"^[A-Za-z0-9]+\.[A-Za-z0-9_]+$")
    personal_data: PersonalData = "none"


@cache
def vocabulary() -> tuple[Property, ...]:
    """The properties that come with vigie; an inventory's own of the same id counts instead."""
    text = Path(__file__).with_suffix(".yaml").read_text("utf-8")
    return tuple(Property.model_validate(item) for item in yaml.safe_load(text)["property"])
