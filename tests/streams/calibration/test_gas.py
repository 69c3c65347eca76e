"""Volume fractions of gases as mass concentrations."""

import numpy as np
import pytest
from pydantic import ValidationError

from streams.calibration.gas import FACTORS, GAS

MOLAR_MASS = {"NO2": 46.0055, "NO": 30.0061, "O3": 47.9982, "SO2": 64.064, "CO": 28.0101}
"""g/mol, IUPAC."""


@pytest.mark.parametrize("gas", sorted(FACTORS))
def test_the_factors_are_those_of_an_ideal_gas_at_293_k(gas: str) -> None:
    """Within 2 ‰: standards round the molar mass and the molar volume."""
    ideal = MOLAR_MASS[gas] * 101.3 / (8.314462 * 293.0)
    assert FACTORS[gas] == pytest.approx(ideal, rel=2e-3)


def test_parts_per_million_and_milligrams_are_a_thousand() -> None:
    x = np.array([10.0])
    assert GAS.apply(x, GAS.parse({"gas": "NO2"})) == pytest.approx([19.12])
    carbon = {"gas": "CO", "from": "[ppm]", "to": "mg/m3"}
    assert GAS.apply(x, GAS.parse(carbon)) == pytest.approx([11.64])
    assert GAS.apply(x, GAS.parse({"gas": "O3", "from": "[ppm]"})) == pytest.approx([19960.0])


def test_particulate_matter_is_no_gas() -> None:
    with pytest.raises(ValidationError, match="NO2"):
        GAS.parse({"gas": "PM2.5"})
