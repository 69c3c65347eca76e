"""Impossible date: no sample is from after its arrival."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from streams.quality.impossible_date import IMPOSSIBLE_DATE, ImpossibleDate
from tests.streams.quality.lines import MONDAY, S, columns, line


def test_now_is_the_arrival_of_the_sample_itself() -> None:
    c = columns(line([(60, 1)] * 4 + [(60, float("nan"))]))
    c = replace(c, arrival=c.time + np.array([0, -1, -60 * S, -60 * S - 1, -1]))
    assert IMPOSSIBLE_DATE.check(c, ImpossibleDate()).tolist() == [1, 4, 4, 4, 9]
    assert IMPOSSIBLE_DATE.check(c, ImpossibleDate(ahead=60)).tolist() == [1, 1, 1, 4, 9]


def test_the_bounds_are_possible() -> None:
    c = columns([(MONDAY + s * S, 1.0) for s in (-1, 0, 1, 3600, 3601)])
    params = ImpossibleDate.model_validate(
        {"earliest": "2026-01-05T01:00:00+01:00", "latest": "2026-01-05T01:00:00Z"}
    )
    assert IMPOSSIBLE_DATE.check(c, params).tolist() == [4, 1, 1, 1, 4]
    moment = params.model_copy(update={"latest": params.earliest})
    moment = ImpossibleDate.model_validate(moment.model_dump())
    assert IMPOSSIBLE_DATE.check(c, moment).tolist() == [4, 1, 4, 4, 4]


@pytest.mark.parametrize(
    "wrong",
    [
        {"earliest": "2026-01-05T00:00:00"},
        {"earliest": "2026-01-05T00:00:00Z", "latest": "2026-01-04T00:00:00Z"},
    ],
)
def test_a_naive_date_and_a_span_backwards_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ImpossibleDate.model_validate(wrong)
