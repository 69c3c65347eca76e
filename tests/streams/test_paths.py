"""Paths: whatever they are and whatever was said, they lead to something or to nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Skip
from streams.paths import MISSING, TEXT_MAX, find, steps, text

SAID = {"a": {"b": [10, {"c": 0}], "b.x": 5}, "a.b": {"y": 6}, "": {"": 7}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", SAID),
        ("a.b.1.c", 0),
        ("a.b.0", 10),
        ("a.b.x", 5),
        ("a.b", {"y": 6}),
        (".", 7),
        ("a.b.2", MISSING),
        ("a.b.-1", MISSING),
        ("a.b.99999999999999999999", MISSING),
        ("a.b.0.c", MISSING),
        ("a.z", MISSING),
    ],
)
def test_where_paths_lead(path: str, expected: Any) -> None:
    assert find(SAID, steps(path)) == expected


def test_texts_are_filled_from_paths() -> None:
    assert text("line-{a.n}/{b}", "here")({"a": {"n": 0}, "b": "x"}) == "line-0/x"
    assert text("plain", "here")(None) == "plain"
    assert text("{}", "here")(5) == "5"


@pytest.mark.parametrize("said", [None, True, 1.5, {}, "x" * (TEXT_MAX + 1)])
def test_what_cannot_be_filled_says_where(said: Any) -> None:
    with pytest.raises(Skip, match="here") as raised:
        text("{n}", "here")({"n": said})
    assert raised.value.reason == "channel"


@given(
    st.text(),
    st.recursive(
        st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
)
def test_any_path_leads_somewhere_or_nowhere(path: str, said: Any) -> None:
    found = find(said, steps(path))
    assert path or found == said
