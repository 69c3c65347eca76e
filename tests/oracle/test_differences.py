"""A comparison that cannot fail would prove nothing."""

from dataclasses import asdict
from typing import Any

import pytest

from tests.oracle.differences import differences
from tests.oracle.windows import Window

ROW = Window(good=1, total=2.0, energy=5.0)


def test_equal_rows_do_not_differ() -> None:
    assert differences({"a": ROW}, {"a": asdict(ROW)}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"good": 2},
        {"total": 2.0000000000000004},
        {"energy": 5.00001},
        {"least": 0.0},
        {"good": 1.0},
    ],
)
def test_a_field_that_differs_is_named(change: dict[str, Any]) -> None:
    (line,) = differences({"a": ROW}, {"a": asdict(ROW) | change})
    assert next(iter(change)) in line


def test_rows_too_few_and_too_many_are_named() -> None:
    lines = differences({"a": ROW}, {"b": asdict(ROW)})
    assert lines == ["missing row a", "row too many b"]
