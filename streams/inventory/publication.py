"""Who may see what: closed user groups and published datasets."""

from typing import Annotated

from pydantic import Field

from streams.inventory.declared import Declared, Id, Ref, Text, Url


class Group(Declared):
    """A closed user group: its members, and the use cases and properties that they may see.

    Without properties they see all of the use cases. ``charter`` is what they have agreed to.
    """

    title_fr: Text
    title_en: Text
    members: tuple[Text, ...] = Field((), max_length=10_000)
    use_cases: Annotated[tuple[Id, ...], Ref("use_case")] = ()
    properties: Annotated[tuple[Id, ...], Ref("property")] = ()
    charter: Url | None = None


class Dataset(Declared):
    """What is published of a use case: which fields, under which licence, on which portals.

    ``group`` makes it a restricted dataset of that closed user group. ``licence`` is an SPDX
    identifier or the portal's own.
    """

    title_fr: Text
    title_en: Text
    use_case: Annotated[Id, Ref("use_case")]
    description_fr: Text = ""
    description_en: Text = ""
    licence: Text
    fields: tuple[Text, ...] = Field((), max_length=200)
    portals: tuple[Id, ...] = Field((), max_length=20)
    group: Annotated[Id | None, Ref("group")] = None
