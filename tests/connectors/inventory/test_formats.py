"""Whatever lies in a file: entries, or the reason why there is none; never another error."""

import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.inventory import formats
from connectors.inventory.folder import load
from connectors.inventory.formats import Entry, InventoryFormat, Unreadable, nested
from connectors.inventory.scalar import scalar
from streams.discover import discover
from streams.errors import Stop
from streams.inventory import KINDS

FORMATS = discover(formats, InventoryFormat)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
FIELDS = sorted(
    {name for model in KINDS.values() for name in model.model_fields} | {"from", "to", "file"}
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8)


def read(name: str, text: str) -> None:
    with suppress(Unreadable):
        for found in FORMATS[name].read(text, "devices"):
            assert isinstance(found, Entry | Unreadable)
            if isinstance(found, Entry):
                assert isinstance(found.where(("a", 0, "b")), str)


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=200))
def test_any_text(name: str, text: str) -> None:
    read(name, text)


@given(st.text(alphabet="[]{}:,-?!&*|>'\"#%@` \n\tab1.", max_size=60))
def test_any_text_that_looks_like_yaml(text: str) -> None:
    read("yaml", text)


@given(
    features=st.lists(JSON, max_size=4),
    before=st.dictionaries(st.text(max_size=4), JSON, max_size=2),
    indent=st.sampled_from([None, 0, 2]),
)
def test_a_feature_is_found_at_its_line(
    features: list[Any], before: dict[str, Any], indent: int | None
) -> None:
    """Those that are none say where they are; here the feature of a decoy is none of the file."""
    decoy = {"name": {"features": [1, "]"]}} | before
    text = json.dumps(decoy | {"features": features, "bbox": []}, indent=indent, allow_nan=True)
    try:
        found = list(FORMATS["geojson"].read(text, "sites"))
    except Unreadable:
        return
    lines = text.split("\n")
    for number, (entry, feature) in enumerate(zip(found, features, strict=True), 1):
        assert isinstance(entry, Unreadable)
        line = int(entry.where.removeprefix(":").removesuffix(f", feature {number}"))
        first = json.dumps(feature, indent=indent).split("\n")[0]
        assert first in lines[line - 1]


@given(JSON | st.fixed_dictionaries({"features": st.lists(JSON, max_size=3)}))
def test_any_json(value: Any) -> None:
    read("geojson", json.dumps(value))


@given(
    st.dictionaries(st.sampled_from([*KINDS, "gadget"]), JSON | st.lists(BODIES | JSON, max_size=4))
)
def test_any_objects_are_taken_or_refused(content: dict[str, Any]) -> None:
    with TemporaryDirectory() as name:
        (Path(name) / "a.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        with suppress(Stop):
            load(Path(name))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-0.5", -0.5),
        ("1.5e3", 1500),
        ("true", True),
        ("~", None),
        ("", None),
        ("0", 0),
    ],
)
def test_words_that_are_values(text: str, value: object) -> None:
    assert scalar(text) == value


@pytest.mark.parametrize(
    "text", ["no", "on", "0131", "12:30", "1e3", "0x1F", "1_000", "٣", "1.", "Inf", "1.0e999"]
)
def test_words_that_are_words(text: str) -> None:
    assert scalar(text) is text


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_its_text_where_a_text_belongs(number: float) -> None:
    assert str(scalar(str(number))) == str(number)


def test_dotted_names_nest_and_count() -> None:
    assert nested([("a.b", 1), ("c.0", 2), ("c.1.d", 3), ("e.1", 4)]) == {
        "a": {"b": 1},
        "c": [2, {"d": 3}],
        "e": {"1": 4},
    }
