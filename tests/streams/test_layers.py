"""A mapping in layers is the dictionary that the same changes make, and copies little."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.layers import Layers, after

KEYS = st.integers(0, 99)
CHANGES = st.lists(st.dictionaries(KEYS, st.none() | st.integers(), max_size=4), max_size=12)


class Unwalked(Mapping[int, int]):
    """Ten thousand squares, of which nobody may ask for all."""

    def __getitem__(self, key: int) -> int:
        if key not in range(10_000):
            raise KeyError(key)
        return key * key

    def __len__(self) -> int:
        return 10_000

    def __iter__(self) -> Iterator[int]:
        raise AssertionError("walked")


@given(st.dictionaries(KEYS, st.integers(), min_size=40), CHANGES, st.booleans())
def test_it_says_what_the_dictionary_says(
    base: dict[int, int], changes: list[dict[int, int | None]], walked: bool
) -> None:
    layers: Mapping[int, int] = base
    expected = dict(base)
    for change in changes:
        before, said = layers, dict(expected)
        layers = after(layers, change)
        for key, value in change.items():
            expected.pop(key, None)
            expected |= {} if value is None else {key: value}
        assert {key: layers.get(key, "none") for key in range(100)} == {
            key: expected.get(key, "none") for key in range(100)
        }
        if walked:
            assert dict(layers) == dict(layers.items()) == expected
            assert sorted(layers.values()) == sorted(expected.values())
        assert dict(before) == said
    assert layers == expected
    assert len(layers) == len(layers.keys()) == len(expected)


def test_what_is_gone_is_a_key_error() -> None:
    layers = after({key: key * key for key in range(9)}, {1: None})
    assert isinstance(layers, Layers)
    with pytest.raises(KeyError):
        layers[1]
    assert layers[2] == 4
    assert 1 not in layers


def test_a_few_changes_copy_nothing_but_themselves() -> None:
    layers: Mapping[int, int] = Unwalked()
    for key in range(100):
        layers = after(layers, {key: -1 if key % 2 else None})
    assert (layers.get(1), layers.get(2), layers.get(200)) == (-1, None, 40_000)
    with pytest.raises(AssertionError, match="walked"):
        after(layers, {100: 0})
