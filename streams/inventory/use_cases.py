"""Questions of the territory."""

from typing import Literal

from pydantic import Field

from streams.inventory.declared import Declared, Part, Text
from streams.inventory.personal_data import PersonalData, Publication
from streams.inventory.watching import Conditions


class Cost(Part):
    """What a use case costs: an amount in euros, once or a month or a year."""

    what: Text
    euros: float = Field(ge=0)
    per: Literal["once", "month", "year"] = "once"


class UseCase(Declared):
    """A question of the territory; titles in French and English.

    ``indicators`` are names of the catalogue. ``minimal_interval`` is the longest interval of
    data, in seconds, with which every indicator can still be computed; ``nominal_period`` is
    what is bought, seconds between two uplinks. Retentions are in days. ``target_reliability``
    is a share of 1, proved by ``reliability_protocol``. What is ``personal_data``, by itself or
    by its property, leaves only as coarse as ``published`` says, and not at all without it.
    ``conditions`` are looked for in all its devices.
    """

    title_fr: str
    title_en: str
    owner: str = ""
    questions: tuple[Text, ...] = Field((), max_length=100)
    indicators: tuple[Text, ...] = Field((), max_length=200)
    minimal_interval: float | None = Field(None, gt=0)
    nominal_period: float | None = Field(None, gt=0)
    planned_sensors: int | None = Field(None, ge=0)
    hot_retention: int | None = Field(None, ge=1, le=36_500)
    cold_retention: int | None = Field(None, ge=1, le=36_500)
    target_reliability: float | None = Field(None, ge=0, le=1)
    reliability_protocol: Text = ""
    costs: tuple[Cost, ...] = Field((), max_length=100)
    personal_data: PersonalData = "none"
    published: Publication | None = None
    conditions: Conditions = Field({})
