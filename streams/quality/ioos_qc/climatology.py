"""Climatology as in ioos_qc: in UTC, with depths, the last member that holds counts."""

from datetime import datetime
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from streams.civil import PARTS, instant
from streams.quality import (
    FAIL,
    GOOD,
    MISSING,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Params,
    QualityTest,
    outside,
)

Period = Literal["year", "quarter", "month", "week", "weekofyear", "dayofyear", "dayofweek", "hour"]
Span = tuple[float, float]
Dates = tuple[datetime, datetime]
DEPTH = "z"


class Member(Params):
    """All spans inclusive, in either order. ``tspan``: numbers of the ``period``, or dates.

    Dates without an offset are UTC. A member with a ``zspan`` holds at those depths only.
    """

    tspan: Span | Dates
    vspan: Span
    fspan: Span | None = None
    zspan: Span | None = None
    period: Period | None = None

    @field_validator("vspan", "fspan", "zspan")
    @classmethod
    def _sorted(cls, span: Span | None) -> Span | None:
        return None if span is None else (min(span), max(span))

    @model_validator(mode="after")
    def _of_one_kind(self) -> "Member":
        if isinstance(self.tspan[0], datetime) != (self.period is None):
            raise ValueError("climatology: tspan is two numbers with a period, two dates without")
        return self


class Climatology(Params):
    """``config`` is what ioos_qc calls so: a list of members."""

    config: tuple[Member, ...] = Field(max_length=1000)


def _holds(columns: Columns, member: Member) -> NDArray[np.bool_]:
    if member.period is None:
        low, high = sorted(map(instant, cast(Dates, member.tspan)))
        here = (columns.time >= low) & (columns.time <= high)
    else:
        name = "week" if member.period == "weekofyear" else member.period
        number = PARTS[name](columns.time)
        first, last = sorted(cast(Span, member.tspan))
        here = (number >= first) & (number <= last)
    if member.zspan is not None:
        depth = columns.sibling(DEPTH)
        here &= ~np.isnan(depth) & ~outside(depth, member.zspan)
    return here


def _check(columns: Columns, params: Climatology) -> Flags:
    x = columns.value
    flags = np.full(len(x), UNKNOWN, np.uint8)
    for member in params.config:
        here = _holds(columns, member)
        flags[here] = GOOD
        flags[here & outside(x, member.vspan)] = SUSPECT
        if member.fspan is not None:
            flags[here & outside(x, member.fspan)] = FAIL
    flags[np.isnan(x)] = MISSING
    return flags


def _inputs(params: Climatology) -> tuple[str, ...]:
    return (DEPTH,) if any(m.zspan is not None for m in params.config) else ()


CLIMATOLOGY = QualityTest("climatology", Climatology, _check, inputs=_inputs)
