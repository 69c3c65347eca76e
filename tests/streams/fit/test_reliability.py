"""The share of values that are near enough, and the record of it."""

import numpy as np
import pytest

from streams.errors import Skip
from streams.fit.counts import compare_pairs
from streams.fit.evaluation import evaluate
from streams.fit.pairs import Pairs
from streams.fit.reliability import GEH, record, share, tolerance
from streams.inventory.fieldwork import Reliability

SENSOR = np.array([10.0, 22.0, 33.1, 0.0])
REFERENCE = np.array([10.0, 20.0, 30.0, 0.0])
DESCRIBED = {
    "id": "r",
    "device": "D",
    "property": "p",
    "from": "2026-03-01T00:00:00Z",
    "to": "2026-03-02T00:00:00Z",
    "protocol": "EPA/600/R-20/280",
}


@pytest.mark.parametrize(
    ("text", "expected"), [("10%", 0.75), ("9%", 0.5), ("2", 0.75), ("0", 0.5), ("3.1", 1.0)]
)
def test_a_bound_itself_is_near_enough(text: str, expected: float) -> None:
    assert share(SENSOR, REFERENCE, tolerance(text)) == expected


@pytest.mark.parametrize("text", ["", "%", "ten", "-1", "nan", "inf", "10 %%"])
def test_what_is_no_tolerance_is_refused(text: str) -> None:
    with pytest.raises(Skip, match="neither a number"):
        tolerance(text)


def test_counts_are_near_enough_by_their_geh_and_nothing_else_is() -> None:
    """20 counted and 50 told in a quarter: hourly 80 and 200, GEH 10.1."""
    manual, automatic = np.array([20.0, 20.0]), np.array([50.0, 22.0])
    assert share(automatic, manual, None, 0.25) == 0.5
    with pytest.raises(Skip, match="--tolerance"):
        share(automatic, manual, None)


def test_the_record_is_what_the_inventory_takes() -> None:
    pairs = Pairs({"sensor": SENSOR, "reference": REFERENCE})
    of = DESCRIBED | {"method": "reference", "tolerance": "10%"}
    found = Reliability.model_validate(record(evaluate(pairs).as_dict(), of, 0.75, ["s"]))
    assert (found.n, found.reliability, found.sessions) == (4, 0.75, ("s",))
    assert found.mbe == pytest.approx((2 + 3.1) / 4)
    assert found.rmse == pytest.approx(np.sqrt((4 + 9.61) / 4), rel=1e-5)
    assert found.slope == pytest.approx(556.5 / 500)
    assert found.wape is None
    counts = compare_pairs(pairs, 1.0, None).as_dict()
    of |= {"method": "manual_count", "tolerance": GEH}
    counted = Reliability.model_validate(record(counts, of, 1.0))
    assert counted.wape == pytest.approx(100 * 5.1 / 60)
    assert (counted.geh_good, counted.slope) == (100, None)
