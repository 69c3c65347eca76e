"""An erasure is declared once and for ever."""

from typing import Any

import pytest
from pydantic import ValidationError

from streams.inventory import Device, Erasure
from streams.inventory.difference import unwanted
from streams.registry import Registry


def test_an_inventory_that_does_not_name_an_erasure_takes_nothing_back() -> None:
    device = Device(id="D", name="D", codec="c", use_case="u", nominal_period=60)
    registry = Registry().having("erasure", "e", Erasure(id="e", device="D"))
    registry = registry.having("device", "D", device)
    assert [(d.kind, d.id) for d in unwanted(registry, {})] == [("device", "D")]


@pytest.mark.parametrize(
    "other",
    [
        {"device": ""},
        {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"from": "2026-01-02T00:00:00"},
        {"until": "2026-01-02T00:00:00Z"},
    ],
)
def test_what_is_no_span_of_a_device_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        assert Erasure.model_validate({"id": "e", "device": "D"} | other).since
