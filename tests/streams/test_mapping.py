"""Mapping: the shapes in which devices speak, and nothing dropped in silence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.errors import Skip
from streams.inventory import Codec, Path, Property
from streams.inventory.vocabulary import vocabulary
from streams.mapping import (
    MEASURES_MAX,
    Mapped,
    Times,
    check_mapping,
    codec_hash,
    from_network,
    mapper,
)
from streams.registry import Registry

NOW = 1_790_000_000_000_000
TIMES = Times(NOW, NOW + 5_000_000)
SCRIPT = "function decodeUplink() {}"


def _registry() -> Registry:
    properties = {p.id: p for p in vocabulary()}
    door = Property(id="door", title_fr="Porte", title_en="Door", unit="1", resolution=1)
    return Registry({"property": {**properties, "door": door}})


REGISTRY = _registry()


def codec(*paths: dict[str, Any]) -> Codec:
    return Codec(id="c", script=SCRIPT, mapping=tuple(Path(**path) for path in paths))


def mapped(data: dict[str, Any], *paths: dict[str, Any]) -> Mapped:
    return mapper(codec(*paths), REGISTRY)(data, TIMES)


def values(data: dict[str, Any], *paths: dict[str, Any]) -> list[Any]:
    return [m["value"] for m in mapped(data, *paths).measures]


def series(data: dict[str, Any], *paths: dict[str, Any]) -> list[tuple[str, int | None, Any]]:
    return [(m["channel"], m["observed_at"], m["value"]) for m in mapped(data, *paths).measures]


TEMPERATURE = {"path": "t", "property": "air_temperature"}
DISTANCE = {"path": "d", "property": "distance"}
DOOR = {"path": "door", "property": "door"}


@pytest.mark.parametrize(
    ("said", "path", "expected"),
    [
        (21.5, TEMPERATURE, 21.5),
        (0, TEMPERATURE, 0.0),
        (None, TEMPERATURE, None),
        ({"displayName": "Temperature", "value": 21.5, "unit": "°C"}, TEMPERATURE, 21.5),
        ({"value": 300, "unit": "K"}, TEMPERATURE, 26.85),
        ({"value": None, "unit": "K"}, TEMPERATURE, None),
        ({"value": 21.5}, TEMPERATURE, 21.5),
        ({"value": "21.5 °C"}, TEMPERATURE, 21.5),
        ("21.5", TEMPERATURE, 21.5),
        ("21,5 °C", {**TEMPERATURE, "decimal": ","}, 21.5),
        ("70.7°F", TEMPERATURE, 21.5),
        (215, {**TEMPERATURE, "scale": 0.1}, 21.5),
        (615, {**TEMPERATURE, "scale": 0.1, "offset": -40}, 21.5),
        ("n/a", {**TEMPERATURE, "values": {"n/a": None}}, None),
        (65535, {**TEMPERATURE, "values": {"65535": None}}, None),
        (65535.0, {**TEMPERATURE, "values": {"65535": None}}, None),
        (65535.0, {**TEMPERATURE, "values": {"65535.0": None}}, None),
        (21.5, {**TEMPERATURE, "values": {"65535": None}}, 21.5),
    ],
)
def test_shapes_of_one_value(said: Any, path: dict[str, Any], expected: float | None) -> None:
    (value,) = values({"t": said}, path)
    assert value == (None if expected is None else pytest.approx(expected, rel=1e-12))


@pytest.mark.parametrize(
    ("said", "path", "expected"),
    [
        (True, DOOR, 1.0),
        (False, DOOR, 0.0),
        ("open", {**DOOR, "values": {"open": 1, "closed": 0}}, 1.0),
        ("closed", {**DOOR, "values": {"open": 1, "closed": 0}}, 0.0),
        (True, {**DOOR, "values": {"true": 0, "false": 1}}, 0.0),
        (True, {**DOOR, "values": {"0": 1, "1": 0}}, 0.0),
        (False, {**DOOR, "values": {"0": 1, "1": 0}}, 1.0),
    ],
)
def test_states(said: Any, path: dict[str, Any], expected: float) -> None:
    assert values({"door": said}, path) == [expected]


def test_the_unit_of_the_mapping_is_converted_and_a_said_one_goes_before_it() -> None:
    path = {**DISTANCE, "unit": "m"}
    assert values({"d": 2.799}, path) == [2799.0]
    assert values({"d": "2799 mm"}, path) == [2799.0]
    assert values({"d": {"value": 279.9, "unit": "cm"}}, path) == [2799.0]


def test_paths_go_into_objects_and_lists_and_past_dots_in_names() -> None:
    data = {"air": {"probes": [{"t": 1}, {"t": 2}]}, "pm2.5": 12, "deep": {"pm2.5": 13}}
    path = {"path": "air.probes.1.t", "property": "air_temperature"}
    assert values(data, path) == [2.0]
    pm = [{"path": p, "property": "pm2_5", "channel": p[:4]} for p in ("pm2.5", "deep.pm2.5")]
    assert series(data, *pm) == [("pm2.", None, 12.0), ("deep", None, 13.0)]


def test_what_is_not_there_says_nothing() -> None:
    for data in ({"t": 1}, {"t": 1, "d": {}}, {"t": 1, "d": [1]}, {"t": 1, "d": 5}):
        assert values(data, TEMPERATURE, {**DISTANCE, "path": "d.x"}) == [1.0]
    assert mapped({}, TEMPERATURE) == Mapped([])


LOG = {"each": "log", "path": "v", "property": "water_level", "time": "t", "time_unit": "s"}


def test_items_with_times_of_their_own() -> None:
    log = [{"t": 1_789_999_100, "v": 0}, {"t": 1_789_998_200, "v": None}, {"t": 1_789_997_300}]
    assert series({"log": log}, LOG) == [
        ("", NOW - 900_000_000, 0.0),
        ("", NOW - 1_800_000_000, None),
    ]


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ("first", [(NOW, 3.0), (NOW - 600_000_000, 2.0), (NOW - 1_200_000_000, 1.0)]),
        ("last", [(NOW - 1_200_000_000, 3.0), (NOW - 600_000_000, 2.0), (NOW, 1.0)]),
    ],
)
def test_items_at_equal_steps(newest: str, expected: list[tuple[int, float]]) -> None:
    path = {"each": "log", "property": "water_level", "step": 600, "newest": newest}
    assert [(at, v) for _, at, v in series({"log": [3, 2, 1]}, path)] == expected


def test_items_with_channels_of_their_own() -> None:
    path = {"each": "lines", "path": "in", "property": "pedestrian_count", "channel": "{n}-{at.x}"}
    lines = [{"n": 1, "at": {"x": "a"}, "in": 5}, {"n": 2, "at": {"x": "b"}, "in": 0}]
    assert series({"lines": lines}, path) == [("1-a", None, 5.0), ("2-b", None, 0.0)]


@pytest.mark.parametrize("at", [0, 946_684_800, 1_790_090_000, "never", None])
def test_an_item_without_a_sane_time_is_named_and_its_neighbours_stay(at: Any) -> None:
    log = [{"t": 1_789_999_100, "v": 1}, {"t": at, "v": 2}]
    result = mapped({"log": log}, LOG)
    assert [m["value"] for m in result.measures] == [1.0]
    assert result.refused is not None
    assert result.refused.reason == "item_time"
    assert "item 1" in str(result.refused)


def test_a_devices_own_time_counts_and_an_insane_one_falls_back_on_the_frames() -> None:
    path = {**TEMPERATURE, "time": "at", "time_unit": "ms"}
    assert series({"t": 1, "at": 1_789_999_100_000}, path) == [("", NOW - 900_000_000, 1.0)]
    for at in (0, 946_684_800_000, 1_790_090_000_000, "x", None):
        assert series({"t": 1, "at": at}, path) == [("", None, 1.0)]
    assert series({"t": 1}, path) == [("", None, 1.0)]


def test_the_latest_time_that_the_device_tells_is_kept_however_wrong() -> None:
    log = [{"t": 1_789_999_100, "v": 0}, {"t": 1_789_998_200, "v": None}, {"t": 0, "v": 5}]
    assert mapped({"log": log}, LOG).device_time == 1_789_999_100_000_000
    assert mapped({"log": [{"t": 0, "v": 5}]}, LOG).device_time == 0
    path = {**TEMPERATURE, "time": "at", "time_unit": "ms"}
    assert mapped({"t": 1, "at": 1_890_090_000_000}, path).device_time == 1_890_090_000_000_000
    for at in ("x", None, 1e30, -1e30):
        assert mapped({"t": 1, "at": at}, path).device_time is None
    assert mapped({"t": 1}, TEMPERATURE).device_time is None


@pytest.mark.parametrize(
    ("data", "path", "reason"),
    [
        ({"t": "warm"}, TEMPERATURE, "value_type"),
        ({"t": "21,5"}, TEMPERATURE, "value_type"),
        ({"t": True}, TEMPERATURE, "value_type"),
        ({"t": [1]}, TEMPERATURE, "value_type"),
        ({"t": {"v": 1}}, TEMPERATURE, "value_type"),
        ({"t": "9" * 65}, TEMPERATURE, "value_type"),
        ({"t": {"value": 1, "unit": "mm"}}, TEMPERATURE, "unit"),
        ({"t": {"value": 1, "unit": 5}}, TEMPERATURE, "unit"),
        ({"t": "5 furlong"}, TEMPERATURE, "unit"),
        ({"t": 1e300}, TEMPERATURE, "value_bounds"),
        ({"t": 10**400}, TEMPERATURE, "value_bounds"),
        ({"x": 1, "y": 2}, TEMPERATURE, "nothing_mapped"),
        ({"log": [1, 2]}, LOG, "nothing_mapped"),
        ({"log": 5}, LOG, "value_type"),
        ({"log": [{"t": 1_789_999_100, "v": n} for n in (1, 2)]}, LOG, "two_values"),
        (
            {"log": [{"t": 1_789_000_000 + n, "v": 1} for n in range(MEASURES_MAX + 1)]},
            LOG,
            "too_many_values",
        ),
        (
            {"lines": [{"n": 1.5}]},
            {"each": "lines", "path": "n", "property": "door", "channel": "{n}"},
            "channel",
        ),
        (
            {"lines": [{"n": "x" * 65, "v": 1}]},
            {"each": "lines", "path": "v", "property": "door", "channel": "{n}"},
            "channel",
        ),
    ],
)
def test_what_is_wrong_has_a_name(data: Any, path: dict[str, Any], reason: str) -> None:
    with pytest.raises(Skip) as raised:
        mapped(data, path)
    assert raised.value.reason == reason
    assert "codec c" in str(raised.value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ({"path": "x", "property": "unheard"}, "unknown_property"),
        ({**TEMPERATURE, "unit": "mm"}, "unit"),
        ({**TEMPERATURE, "unit": "warmth"}, "unit"),
        ({**TEMPERATURE, "channel": "network"}, "mapping"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_when_it_is_declared(
    path: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Skip) as raised:
        check_mapping(codec(path), REGISTRY)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "path",
    [
        {"property": "door"},
        {"path": "x", "property": "door", "step": 5},
        {"each": "x", "property": "door"},
        {"each": "x", "property": "door", "time": "t", "step": 5},
    ],
)
def test_a_mapping_that_says_too_little_or_too_much(path: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Path(**path)


def test_a_python_codec_that_is_unheard_of_is_refused() -> None:
    unheard = Codec(id="c", python="unheard", mapping=())
    with pytest.raises(Skip, match="cayenne_lpp"):
        check_mapping(unheard, REGISTRY)


def test_a_codec_is_another_when_its_text_its_kind_or_its_mapping_is() -> None:
    path = Path(**TEMPERATURE)
    codecs = [
        Codec(id="c", script=SCRIPT, mapping=()),
        Codec(id="c", script=SCRIPT + " ", mapping=()),
        Codec(id="c", script=SCRIPT, mapping=(path,)),
        Codec(id="c", script=SCRIPT, mapping=(path,), ports=(1,)),
        Codec(id="c", script=SCRIPT, mapping=(path.model_copy(update={"unit": "K"}),)),
        Codec(id="c", decoded=True, mapping=()),
        Codec(id="c", python="cayenne_lpp", mapping=()),
    ]
    hashes = [codec_hash(c) for c in codecs]
    assert len(set(hashes)) == len(codecs)
    assert all(0 <= h < 1 << 63 for h in hashes)
    assert codec_hash(codecs[0].model_copy(update={"id": "other"})) == hashes[0]


def test_what_the_network_server_measured_has_its_channel() -> None:
    found = from_network({"battery_level": 0, "unheard": 5}, REGISTRY)
    assert [(m["property"], m["channel"], m["value"], m["unit"]) for m in found] == [
        ("battery_level", "network", 0.0, "%")
    ]


NAMES = st.sampled_from(["a", "b", "0", "value", "unit", "t"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["5 mm", "1 °C", "open", "2026-09-21T14:13:20Z"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
ROUTES = st.lists(NAMES, min_size=1, max_size=3).map(".".join)


@st.composite
def _paths(draw: st.DrawFn) -> Path | None:
    fields = {
        "path": draw(ROUTES | st.just("")),
        "property": draw(st.sampled_from(["air_temperature", "distance", "door"])),
        "channel": draw(st.sampled_from(["", "1", "{a}", "{a.b}-{t}", "{"])),
        "unit": draw(st.sampled_from([None, "mm", "K", "1"])),
        "scale": draw(st.floats(allow_nan=False, allow_infinity=False)),
        "offset": draw(st.floats(allow_nan=False, allow_infinity=False)),
        "decimal": draw(st.sampled_from([".", ","])),
        "values": draw(st.dictionaries(st.text(max_size=4), st.none() | st.floats(-9, 9))),
        "each": draw(st.none() | ROUTES),
        "time": draw(st.none() | ROUTES),
        "time_unit": draw(st.sampled_from(["rfc3339", "s", "ms", "us"])),
        "step": draw(st.none() | st.floats(0.001, 1e6)),
    }
    try:
        return Path(**fields)
    except ValidationError:
        return None


@given(st.lists(_paths(), max_size=3), st.dictionaries(NAMES, JSON, max_size=5))
def test_any_mapping_of_any_output_gives_measures_or_says_why_not(
    paths: list[Path | None], data: dict[str, Any]
) -> None:
    mapping = tuple(path for path in paths if path)
    try:
        result = mapper(Codec(id="c", script=SCRIPT, mapping=mapping), REGISTRY)(data, TIMES)
    except Skip:
        return
    for measure in result.measures:
        assert measure["value"] is None or abs(measure["value"]) <= 1e15
        assert REGISTRY.get("property", measure["property"]).unit == measure["unit"]
    samples = [(m["property"], m["channel"], m["observed_at"]) for m in result.measures]
    assert len(set(samples)) == len(samples)


@given(st.dictionaries(st.text("abc", min_size=1), st.floats(-1e9, 1e9), min_size=1))
def test_what_is_said_plainly_comes_back_as_it_was(said: dict[str, float]) -> None:
    paths = [{"path": name, "property": "door", "channel": name} for name in said]
    assert {c: v for c, _, v in series(said, *paths)} == said
