"""What meets a target, at its bounds too."""

import pytest

from streams.fit.targets import TARGETS, all_met, verdicts

GOOD = {"slope": 1.0, "intercept": 0.0, "r2": 0.9, "rmse": 3.0, "nrmse": 20.0, "sd": 1.0, "cv": 9.0}


@pytest.mark.parametrize("pollutant", sorted(TARGETS))
def test_bounds_belong_to_what_is_met(pollutant: str) -> None:
    target = TARGETS[pollutant]
    for metric in GOOD:
        for bound, outside in zip(getattr(target, metric), (-1e-9, 1e-9), strict=True):
            if bound is not None:
                [at] = [v for v in verdicts(target, {metric: bound}) if v.metric == metric]
                [off] = [
                    v for v in verdicts(target, {metric: bound + outside}) if v.met is not None
                ]
                assert (at.met, off.met) == (True, False)


def test_the_table_is_that_of_the_agency() -> None:
    pm, ozone = TARGETS["PM2.5"], TARGETS["O3"]
    assert (pm.slope, pm.intercept, pm.r2) == ((0.65, 1.35), (-5.0, 5.0), (0.70, None))
    assert (pm.rmse, pm.nrmse, pm.sd, pm.cv) == ((None, 7), (None, 30), (None, 5), (None, 30))
    assert (ozone.slope, ozone.r2, ozone.rmse) == ((0.8, 1.2), (0.80, None), (None, 5))
    assert ozone.nrmse == (None, None)
    assert (pm.averaging, ozone.averaging) == (24, 1)


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"rmse": 9.0}, True),  # the relative error is enough
        ({"rmse": 9.0, "nrmse": 31.0}, False),
        ({"sd": 6.0}, True),
        ({"sd": None, "cv": None}, None),
        ({"slope": 1.5, "sd": None, "cv": None}, False),
        ({"r2": None}, None),
        ({"intercept": -5.1}, False),
    ],
)
def test_all_is_met_when_each_group_is(changed: dict[str, float | None], met: bool | None) -> None:
    assert all_met(verdicts(TARGETS["PM2.5"], GOOD | changed)) is met
