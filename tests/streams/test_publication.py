"""Nothing personal is published finer than its use case declares."""

from typing import Any

import pytest
from pydantic import ValidationError

from streams.inventory import Property, UseCase
from streams.inventory.personal_data import Publication
from streams.publication import withheld

HOUR, DAY = 3600.0, 86_400.0


def use_case(**other: Any) -> UseCase:
    return UseCase.model_validate({"id": "u", "title_fr": "u", "title_en": "u"} | other)


def prop(personal_data: str = "none") -> Property:
    body = {"id": "p", "title_fr": "p", "title_en": "p", "unit": "1", "resolution": 1}
    return Property.model_validate(body | {"personal_data": personal_data})


@pytest.mark.parametrize("kind", ["indirect", "personal"])
@pytest.mark.parametrize("by_property", [False, True])
def test_what_is_personal_leaves_as_coarse_as_it_is_declared(kind: str, by_property: bool) -> None:
    own = {} if by_property else {"personal_data": kind}
    properties = [prop(), prop(kind if by_property else "none")]
    daily = use_case(**own, published={"least_period": "P1D", "least_devices": 3})
    assert withheld(daily, properties, DAY, 3) == ""
    assert "published from 86400 s on, and this is 3600 s" in withheld(daily, properties, HOUR, 3)
    assert "for 3 devices together, this is 2" in withheld(daily, properties, DAY, 2)
    assert "declares nothing as published" in withheld(use_case(**own), properties, 365 * DAY, 99)


def test_what_is_not_personal_leaves_as_it_is() -> None:
    assert withheld(use_case(), [prop()], 1.0) == ""
    assert withheld(use_case(published={"least_period": "P1D"}), [prop()], 1.0) == ""
    assert withheld(None, [prop()], 1.0) == ""


def test_nobody_allows_what_belongs_to_no_use_case() -> None:
    assert "of no use case" not in withheld(use_case(), [prop()], 1.0)
    assert withheld(None, [prop("personal")], 365 * DAY) != ""


@pytest.mark.parametrize(("said", "seconds"), [("P1D", DAY), ("PT15M", 900.0), (60, 60.0)])
def test_a_period_is_seconds_or_iso_8601(said: Any, seconds: float) -> None:
    found = Publication.model_validate({"least_period": said})
    assert found.least_period == seconds
    assert Publication.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("said", [0, -1, "P0D", "-P1D", "P", "day", None])
def test_what_is_no_period_is_refused(said: Any) -> None:
    with pytest.raises(ValidationError):
        Publication.model_validate({"least_period": said})
