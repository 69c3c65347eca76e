"""Climatology: what is unusual for the season or the hour.

Source: QARTOD, test "climatology". Seasons are civil: the time zone's months, weeks and hours.
"""

from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import Field, field_validator, model_validator

from streams.civil import PARTS, Instants, wall
from streams.quality import (
    FAIL,
    GOOD,
    MISSING,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Numbers,
    Params,
    QualityTest,
    number,
    outside,
)


class Member(Params):
    """What is usual ``when`` the period's number is within both bounds, themselves included.

    A first bound above the second goes over the turn: months 11 to 2 are winter. Spans are in
    the property's unit, bounds inclusive. Days of the week count from Monday, 0.
    """

    period: Literal["year", "quarter", "month", "week", "dayofyear", "dayofweek", "hour"]
    when: tuple[int, int]
    suspect: tuple[float, float]
    fail: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _nested(self) -> "Member":
        low, high = self.fail or self.suspect
        if not low <= self.suspect[0] <= self.suspect[1] <= high:
            raise ValueError("climatology: suspect must be a span within fail, lower bound first")
        return self


class Climatology(Params):
    """Where several members hold, the last one counts; where none does, UNKNOWN."""

    members: tuple[Member, ...] = Field(min_length=1, max_length=1000)
    zone: str = "Europe/Paris"

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as e:
            raise ValueError(f"zone: {zone!r} is no time zone; give one like Europe/Paris") from e
        return zone


def _holds(number: Instants, when: tuple[int, int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    low, high = when
    if low <= high:
        return (number >= low) & (number <= high)
    return (number >= low) | (number <= high)


def _check(columns: Columns, params: Climatology) -> Flags:
    x = columns.value
    local = wall(columns.at, params.zone)
    flags = np.full(len(x), UNKNOWN, np.uint8)
    for member in params.members:
        here = _holds(PARTS[member.period](local), member.when)
        flags[here] = GOOD
        flags[here & outside(x, member.suspect)] = SUSPECT
        if member.fail:
            flags[here & outside(x, member.fail)] = FAIL
    flags[np.isnan(x)] = MISSING
    return flags


def _explain(columns: Columns, params: Climatology, i: int) -> Numbers:
    """The member that counted, and the number of the period at that time."""
    local = wall(columns.at[i : i + 1], params.zone)
    for k, member in reversed(list(enumerate(params.members))):
        part = PARTS[member.period](local)
        if _holds(part, member.when)[0]:
            here = {"member": k, member.period: int(part[0])}
            return {"value": number(columns.value[i]), **here}
    return {"value": number(columns.value[i]), "member": None}


CLIMATOLOGY = QualityTest("climatology", Climatology, _check, explain=_explain)
