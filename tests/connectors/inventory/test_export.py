"""What is exported reads back as what is declared, whatever its texts and numbers are."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.inventory.export import files, write
from connectors.inventory.folder import load
from streams.errors import Stop
from streams.inventory import KINDS, Dated, Declared
from streams.inventory.difference import differences, unwanted
from streams.registry import Registry

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,12}", fullmatch=True)
NUMBERS = st.floats(-1e18, 1e18)
ODD = st.sampled_from(
    ["no", "1.10", "013", "1e5", "1.5e3", "12:30", "2026-01-01", "~", "null", "", " a ", "&a"]
) | st.sampled_from(
    ["true", "0x1F", "1_000", "-", "é\u2028\x85", "'\"", "\t", "a\nb", "\r\n", "\ufeffx", "a: b #c"]
)
TEXTS = ODD | st.text(max_size=30)
PARAMS = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SPANS = st.sampled_from(
    [{}, {"from": "2026-01-01T00:00:00+01:00"}, {"to": "2026-01-01T00:00:00.000001Z"}]
)


def objects(of: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Declared]]:
    bodies = st.fixed_dictionaries({"id": IDS, **fields})
    spans = SPANS if issubclass(KINDS[of], Dated) else st.just({})
    return st.tuples(bodies, spans).map(lambda b: (of, KINDS[of].model_validate(b[0] | b[1])))


ANY = st.one_of(
    objects(
        "use_case",
        title_fr=TEXTS,
        title_en=TEXTS,
        questions=st.lists(TEXTS, max_size=2),
        costs=st.lists(
            st.fixed_dictionaries({"what": TEXTS, "euros": st.floats(0, 1e9)}), max_size=2
        ),
    ),
    objects("codec", script=st.text(min_size=1) | ODD.filter(bool), mapping=st.just([])),
    objects(
        "device",
        name=TEXTS,
        codec=IDS,
        use_case=IDS,
        nominal_period=st.floats(0.1, 1e7),
        serial=TEXTS,
    ),
    objects(
        "deployment",
        device=IDS,
        site=TEXTS.filter(bool),
        commune=st.just("13201"),
        x=st.floats(600_000, 1_000_000),
        y=st.floats(6_200_000, 6_900_000),
        crs=st.just("EPSG:2154"),
    ),
    objects(
        "calibration",
        device=IDS,
        property=IDS,
        kind=TEXTS,
        params=st.dictionaries(TEXTS, NUMBERS, max_size=3),
        range=st.none() | st.tuples(NUMBERS, NUMBERS),
    ),
    objects(
        "profile",
        property=IDS,
        tests=st.dictionaries(TEXTS, st.dictionaries(TEXTS, PARAMS, max_size=3), max_size=2),
    ),
)


@given(st.lists(ANY, max_size=6))
def test_what_is_exported_reads_back_without_a_difference(
    declared: list[tuple[str, Declared]],
) -> None:
    registry = Registry().after((kind, one.id, one) for kind, one in declared)
    with TemporaryDirectory() as name:
        write(Path(name) / "new", registry)
        wanted = load(Path(name) / "new").objects
    assert differences(registry, wanted) == unwanted(registry, wanted) == []


def test_scripts_lie_beside_unless_two_names_are_one_on_some_file_systems() -> None:
    codec = {"script": "x", "mapping": []}
    declared = [KINDS["codec"].model_validate({"id": name, **codec}) for name in ("a", "B", "b")]
    written = files(Registry().after(("codec", one.id, one) for one in declared))
    assert set(written) == {"codec.yaml", "codecs/a.js"}


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("mine")
    with pytest.raises(Stop, match="is not empty"):
        write(tmp_path, Registry())
    assert (tmp_path / "a.yaml").read_text() == "mine"
