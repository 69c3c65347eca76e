"""Messages from columns are byte for byte those of the records one by one."""

import io
import itertools
import json
import math
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.avro_columns import MISSING, Picked, parts, plan
from streams.avro_words import messages
from streams.wire import RECORDS, Wire, schemas

WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda i: {}[i])
LEAST, MOST = -(1 << 63), (1 << 63) - 1
NARROW = st.integers(-(1 << 31), (1 << 31) - 1)
LONG = st.sampled_from([LEAST, MOST, 0, -1, 63, 64, -64, -65, 1 << 49, 1 << 55, 1 << 56, 1 << 62])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "int": NARROW,
    "long": LONG | st.integers(LEAST, MOST),
    "float": st.floats(width=32),
    "double": st.floats() | st.sampled_from([-0.0, 0.0, math.inf, -math.inf, 5e-324]),
    "string": st.text() | st.text(min_size=60, max_size=80),
    "bytes": st.binary(),
    "null": st.none(),
}
ARRAYS = {"int": np.int64, "long": np.int64, "double": np.float64, "boolean": np.bool_}
SIZES = st.sampled_from([1, 2, 19, 20, 21, 100])
ALL_TYPES = json.dumps(
    {
        "type": "record",
        "name": "All",
        "fields": [
            {"name": "named", "type": {"type": "fixed", "name": "Ten", "size": 10}},
            {"name": "again", "type": ["null", "Ten"], "default": None},
            {"name": "narrow", "type": "int", "default": -7},
            {"name": "single", "type": "float"},
            {"name": "raw", "type": {"type": "bytes"}},
            {"name": "either", "type": ["string", "null"]},
            {"name": "last_null", "type": ["double", "null"]},
            {"name": "flag", "type": ["null", "boolean"]},
            {"name": "three", "type": ["null", "long", "string"]},
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
            {"name": "wide", "type": ["null", {"type": "fixed", "name": "Wide", "size": 16}]},
            {"name": "nothing", "type": "null"},
            {"name": "table", "type": {"type": "map", "values": ["null", "double"]}},
        ],
    }
)


def nullable(of: Any) -> Any:
    """What a union of two is beside null, else None."""
    if isinstance(of, list) and len(of) == 2 and "null" in of:
        return of[1 - of.index("null")]
    return None


def value(of: Any, *, in_array: bool = False) -> st.SearchStrategy[Any]:
    """Values of a type; ``in_array`` without those that mean null there."""
    if isinstance(of, list):
        found = st.one_of([value(branch, in_array=in_array) for branch in of])
        return found.filter(lambda v: v != MISSING and v == v) if in_array else found
    if of == "Ten":
        return st.binary(min_size=10, max_size=10)
    if isinstance(of, str):
        return VALUES[of]
    match of["type"]:
        case "fixed":
            return st.binary(min_size=of["size"], max_size=of["size"])
        case "enum":
            return st.sampled_from(of["symbols"])
        case "array":
            return st.lists(value(of["items"]), max_size=3)
        case "map":
            return st.dictionaries(st.text(max_size=3), value(of["values"]), max_size=3)
        case "record":
            return st.fixed_dictionaries({f["name"]: value(f["type"]) for f in of["fields"]})
    return value(of["type"])


def array(of: Any, said: list[Any]) -> Any:
    """The array that says these values; the list itself where there is none."""
    kind = nullable(of) or of
    kind = kind["type"] if isinstance(kind, dict) and kind["type"] in ARRAYS else kind
    if isinstance(kind, dict) and kind["type"] == "fixed" and None not in said:
        return np.array(said, f"S{kind['size']}")
    if not isinstance(kind, str) or kind not in ARRAYS or (kind == "boolean" and None in said):
        return said
    null = math.nan if kind == "double" else MISSING
    return np.array([null if v is None else v for v in said], ARRAYS[kind])


@st.composite
def column(draw: st.DrawFn, of: Any, size: int) -> tuple[list[Any], Any]:
    """What is said of each row, and a column that says it."""
    form = draw(st.sampled_from(["array", "array", "list", "picked", "single"]))
    few = draw(st.lists(value(of, in_array=form == "array"), min_size=1, max_size=4))
    index = [draw(st.integers(0, len(few) - 1)) for _ in range(min(size, 7))]
    index = list(itertools.islice(itertools.cycle(index), size))
    said = [few[i] for i in index]
    if form == "array":
        return said, array(of, said)
    if form == "picked":
        return said, Picked(few, np.array(index, np.intp))
    if form == "single" and not isinstance(few[0], list):
        return [few[0]] * size, few[0]
    return said, said


@st.composite
def table(draw: st.DrawFn, schema: Any, sizes: st.SearchStrategy[int]) -> Any:
    """A number of rows, their records, and columns that say them; defaults are left out."""
    size = draw(sizes)
    records: list[dict[str, Any]] = [{} for _ in range(size)]
    columns = {}
    for field in schema["fields"]:
        if "default" in field and draw(st.integers(0, 3)) == 0:
            continue
        said, columns[field["name"]] = draw(column(field["type"], size))
        for record, one in zip(records, said, strict=True):
            record[field["name"]] = one
    return size, records, columns


def one_by_one(schema: Any, records: list[dict[str, Any]]) -> Iterator[bytes]:
    """The bodies as fastavro writes them."""
    for record in records:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, record)
        yield out.getvalue()


@pytest.mark.parametrize("name", ["Observation", "Window", "Frame", "Condition", "Tick"])
@settings(max_examples=30)
@given(st.data())
def test_columns_are_the_records_and_need_no_second_way(name: str, data: st.DataObject) -> None:
    parsed = schemas()[name].parsed
    size, records, columns = data.draw(table(parsed, SIZES))
    expected = [WIRE.encode(name, record) for record in records]
    assert WIRE.encode_rows(name, size, columns) == expected
    bodies = messages(size, parts(plan(parsed), size, columns))
    assert bodies == [message[5:] for message in expected]


@settings(max_examples=50)
@given(st.data())
def test_every_type_of_avro_can_be_a_column(data: st.DataObject) -> None:
    parsed = fastavro.parse_schema(json.loads(ALL_TYPES))
    size, records, columns = data.draw(table(json.loads(ALL_TYPES), SIZES))
    found = messages(size, parts(plan(parsed), size, columns))
    assert found == list(one_by_one(parsed, records))


def test_five_thousand_windows_whose_every_value_is_their_own() -> None:
    size = 5000
    rng = np.random.default_rng(1)
    fields = schemas()["Window"].parsed["fields"]
    columns: dict[str, Any] = {}
    for field in fields:
        kind = nullable(field["type"]) or field["type"]
        kind = kind["type"] if isinstance(kind, dict) else kind
        if kind == "long":
            whole = rng.integers(LEAST, MOST, size) >> rng.integers(0, 63, size)
            columns[field["name"]] = whole
        elif kind == "double":
            columns[field["name"]] = np.where(
                rng.random(size) < 0.3, np.nan, rng.normal(0, 9, size)
            )
        elif kind == "string":
            columns[field["name"]] = [f"{field['name']}{i}é" for i in range(size)]
    columns |= {
        "is_deleted": rng.random(size) < 0.5,
        "total": rng.normal(0, 9, size),
        "squares": rng.normal(0, 9, size),
        "states": [{str(i): i / 7, "x": -0.0} for i in range(size)],
        "levels": [list(range(i % 40)) for i in range(size)],
    }
    said = {
        name: c if isinstance(c, list) else [None if v != v else v for v in c.tolist()]
        for name, c in columns.items()
    }
    expected = [WIRE.encode("Window", {n: c[i] for n, c in said.items()}) for i in range(size)]
    assert WIRE.encode_rows("Window", size, columns) == expected


def test_all_but_texts_and_tables_go_in_one_pass() -> None:
    slow = {f.name for f in plan(schemas()["Observation"].parsed) if f.vector is None}
    assert slow == {"device", "property", "channel", "unit", "tests", "calibrations"}


def test_no_rows_are_no_messages() -> None:
    assert WIRE.encode_rows("Tick", 0, {"at": np.zeros(0, np.int64)}) == []


@pytest.mark.parametrize(
    "states",
    [
        [{"a": 0.0}, {"a": -0.0}, {"a": 0}],
        [{"b": 1.0, "a": 2.0}, {"a": 2.0, "b": 1.0}],
        [{"a": np.int64(1)}, {"a": np.float64(5e-324)}],
        [MappingProxyType({"a": 1.0}), MappingProxyType({"a": 2.0})],
    ],
    ids=["zeros", "order", "bits", "no copy of it can be made"],
)
def test_values_that_look_the_same_stay_apart(states: list[Any]) -> None:
    said = {"device": "D", "property": "p", "channel": "", "start": 1, "duration": 2}
    said |= {"revision": 3, "is_deleted": False}
    expected = [WIRE.encode("Window", said | {"states": one}) for one in states] * 10
    assert WIRE.encode_rows("Window", len(states) * 10, said | {"states": states * 10}) == expected


SAID = {"device": "D", "property": "p", "channel": "", "observed_at": 1, "revision": 2}
SAID |= {"is_deleted": False}


def at_the_end(bad: Any) -> list[Any]:
    """Thirty rows of which only the last does not fit."""
    return [None] * 29 + [bad]


@pytest.mark.parametrize(
    ("field", "column", "bad"),
    [
        ("payload_size", np.array([1] * 29 + [1 << 31]), 1 << 31),
        ("payload_size", np.array([1.0] * 30), 1.0),
        ("counter", np.array([True] * 30), True),
        ("counter", at_the_end("7"), "7"),
        ("value", at_the_end("x"), "x"),
        ("value", np.array([True] * 30), True),
        ("frame_id", np.array([b"x" * 17] * 30), b"x" * 17),
        ("frame_id", at_the_end(b"short"), b"short"),
        ("device", ["D"] * 29 + [7], 7),
        ("device", ["D"] * 29 + ["\ud800"], "\ud800"),
        ("device", None, None),
        ("config_version", np.array([1 << 63] * 30, np.uint64), 1 << 63),
        ("config_version", ["x"] * 30, "x"),
        ("tests", [{"spike": "no"}] * 30, {"spike": "no"}),
        ("calibrations", [[1]] * 30, [1]),
        ("calibrations", 5, 5),
    ],
)
@pytest.mark.parametrize("size", [30, 3])
def test_what_a_row_cannot_hold_ends_as_it_does_alone(
    field: str, column: Any, bad: Any, size: int
) -> None:
    with pytest.raises(Exception) as alone:  # noqa: PT011
        WIRE.encode("Observation", SAID | {field: bad})
    columns = SAID | {field: column[-size:] if isinstance(column, list | np.ndarray) else column}
    with pytest.raises(Exception) as together:  # noqa: PT011
        WIRE.encode_rows("Observation", size, columns)
    assert repr(together.value) == repr(alone.value)


def test_what_fits_though_its_array_does_not_is_written() -> None:
    for column, said in ((np.array([1.5] * 30), 1.5), (np.array([True] * 30), True)):
        expected = [WIRE.encode("Tick", {"at": said})] * 30
        assert WIRE.encode_rows("Tick", 30, {"at": column}) == expected


def test_a_field_without_column_and_default_is_missing() -> None:
    with pytest.raises(ValueError, match="no value and no default for at"):
        WIRE.encode_rows("Tick", 30, {})


@pytest.mark.parametrize(
    "column", [np.arange(29), list(range(31)), Picked([1], np.zeros(1, np.intp)), np.zeros(1, int)]
)
@pytest.mark.parametrize("size", [30, 3])
def test_a_column_of_another_length_is_refused(column: Any, size: int) -> None:
    with pytest.raises(ValueError, match=f"at: a column of .* values for {size} rows"):
        WIRE.encode_rows("Tick", size, {"at": column})


@pytest.mark.parametrize("size", [30, 3])
def test_a_row_of_no_value_is_refused(size: int) -> None:
    with pytest.raises(IndexError):
        WIRE.encode_rows("Tick", size, {"at": Picked([1], np.ones(size, np.intp))})
