"""What is said of an object once, by identity, and forgotten with it."""

import gc

import pytest

from streams.inventory import Property
from streams.kept import kept


def _property() -> Property:
    return Property(id="p", title_fr="", title_en="", unit="%", resolution=0.1)


def test_an_object_is_asked_once_and_its_equal_for_itself() -> None:
    asked: list[str] = []

    @kept
    def said(prop: Property) -> list[str]:
        asked.append(prop.id)
        return [prop.id]

    one, other = _property(), _property()
    assert one == other
    assert said(one) is said(one)
    assert said(one) is not said(other)
    assert asked == ["p", "p"]


def test_an_answer_goes_with_its_object() -> None:
    class Answer:
        gone = 0

        def __del__(self) -> None:
            Answer.gone += 1

    @kept
    def said(_: Property) -> Answer:
        return Answer()

    for _ in range(3):
        said(_property())
    gc.collect()
    assert Answer.gone == 3


def test_a_failure_is_told_each_time() -> None:
    @kept
    def said(prop: Property) -> str:
        raise ValueError(prop.id)

    one = _property()
    for _ in range(2):
        with pytest.raises(ValueError, match="p"):
            said(one)
