"""The tests of a property where nothing is declared: data, in the file beside this one."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Tests = Mapping[str, Mapping[str, Any]]

PERIODS = 2.5
"""How many nominal periods apart two samples may be and still be neighbours."""

_GAPS = frozenset({"rate_of_change", "spike"})


@cache
def table() -> Mapping[str, Tests]:
    """By property of the vocabulary: the parameters of its tests, without what a period gives."""
    read: Mapping[str, Tests] = yaml.safe_load(
        Path(__file__).with_suffix(".yaml").read_text("utf-8")
    )
    return read


def defaults(property_id: str, period: float) -> Tests:
    """The tests of a property of a device with that nominal period, in seconds; none is none."""
    gap = {"max_gap": PERIODS * period}
    return {
        name: _scaled({**(gap if name in _GAPS else {}), **params}, period)
        for name, params in table().get(property_id, {}).items()
    }


def _scaled(params: Mapping[str, Any], period: float) -> Mapping[str, Any]:
    """Bounds ``per`` so many seconds, in proportion: twice the time counts twice as many."""
    if "per" not in params:
        return params
    rest = {name: value for name, value in params.items() if name != "per"}
    return {n: [x * period / params["per"] for x in span] for n, span in rest.items()}
