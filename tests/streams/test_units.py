"""Units: known values, ways that lead back, and no way where there is none."""

from itertools import product
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Skip
from streams.inventory.vocabulary import vocabulary
from streams.units import _SPELLED, SPELLINGS, UNITS, conversion

PAIRS = [(a, b) for a, b in product(UNITS, UNITS) if UNITS[a].dimension == UNITS[b].dimension]


@pytest.mark.parametrize(
    ("value", "said", "wanted", "expected"),
    [
        (2799, "mm", "m", 2.799),
        (21.5, "°C", "Cel", 21.5),
        (300, "K", "°C", 26.85),
        (212, "°F", "Cel", 100.0),
        (-40, "Cel", "[degF]", -40.0),
        (1013.25, "mbar", "hPa", 1013.25),
        (101.325, "kPa", "hPa", 1013.25),
        (1, "kWh", "W.h", 1000.0),
        (3.6, "MJ", "kW.h", 1.0),
        (1500, "l", "m³", 1.5),
        (36, "km/h", "m/s", 10.0),
        (3300, "mV", "V", 3.3),
        (0.25, "1", "%", 25.0),
        (400, "ppb", "ppm", 0.4),
        (12, "µg/m³", "mg/m3", 0.012),
        (1.2, "mS/cm", "µS/cm", 1200.0),
        (1, "psi", "kPa", 6.894757293168361),
        (60, "L/min", "m3/h", 3.6),
        (55, "dBA", "dB(A)", 55.0),
        (0, "mm", "m", 0.0),
    ],
)
def test_known_values(value: float, said: str, wanted: str, expected: float) -> None:
    assert conversion(said, wanted)(value) == pytest.approx(expected, rel=1e-15, abs=1e-12)


def test_thousandths_are_the_decimals_that_a_reader_expects() -> None:
    assert [conversion("mm", "m")(n) for n in (2799, 1, 12345)] == [2.799, 0.001, 12.345]


@given(st.sampled_from(PAIRS), st.floats(-1e9, 1e9))
def test_every_way_leads_back(pair: tuple[str, str], value: float) -> None:
    there, back = conversion(*pair), conversion(*reversed(pair))
    assert back(there(value)) == pytest.approx(value, rel=1e-12, abs=1e-9 * (1 + abs(value)))


@pytest.mark.parametrize(
    ("said", "wanted", "names"),
    [
        ("furlong", "m", ["furlong"]),
        ("m", "Cel", ["length", "temperature"]),
        ("ppb", "ug/m3", ["ratio", "mass concentration"]),
        ("dB", "dB(A)", ["level", "A-weighted level"]),
        ("mv", "V", ["mv"]),
    ],
)
def test_no_way_says_between_what(said: str, wanted: str, names: list[str]) -> None:
    with pytest.raises(Skip) as raised:
        conversion(said, wanted)
    assert raised.value.reason == "unit"
    assert [n for n in names if n not in str(raised.value)] == []


def test_every_spelling_means_a_unit() -> None:
    assert set(SPELLINGS.values()) == set(UNITS)


def test_every_unit_of_the_vocabulary_is_a_code() -> None:
    assert {p.unit for p in vocabulary()} <= set(UNITS)


@pytest.mark.parametrize(("said", "wanted"), [("k\u2126", "Ohm"), ("\u212a", "Cel")])
def test_a_sign_that_unicode_has_twice_is_one(said: str, wanted: str) -> None:
    assert conversion(said, wanted)(1000.0) == conversion(normalize("NFC", said), wanted)(1000.0)


def test_no_spelling_is_written_twice() -> None:
    written = [s for text in _SPELLED.values() for s in text.split()]
    assert len(set(written)) == len(written)
    assert set(written).isdisjoint(UNITS)
