"""``vigie calibration`` over what is stored and declared: real servers, figures worked by hand."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.main import build
from connectors.store import migrations
from connectors.store.client import connect as connect_store
from connectors.store.tables import arrow
from streams.declare import declare
from streams.errors import Stop
from streams.inventory import KINDS, Calibration
from streams.inventory.fieldwork import Reliability
from streams.schema_registry import connect
from streams.settings import Settings
from tests.connectors.store.records import observation
from tests.world import for_commands

START = 1_772_323_200_000_000
"""2026-03-01T00:00Z, UTC microseconds."""
MINUTE = 60_000_000
QUARTERS = range(96)
WARM = {n: 10.0 + 8 * np.sin(n / 7) for n in QUARTERS}
DAMP = {n: 60.0 + 25 * np.cos(n / 3) for n in QUARTERS}
RAW = {n: 20.0 + n * 37 % 50 for n in QUARTERS}


def truth(n: int) -> float:
    """What a reference says of a quarter of an hour."""
    return float(2 + 0.5 * RAW[n] + 0.3 * WARM[n] - 0.1 * DAMP[n])


def _written(minute: int) -> str:
    return f"2026-03-01T{minute // 60:02}:{minute % 60:02}:00Z"


FOUND = {
    "intercept": pytest.approx(2.0),
    "slope": pytest.approx(0.5),
    "temperature": pytest.approx(0.3),
    "humidity": pytest.approx(-0.1),
    "humidity_property": "cabinet_humidity",
}
_TITLES = {"title_fr": "", "title_en": ""}
_DEVICE = {"codec": "c", "use_case": "u", "nominal_period": 900}
_SESSION = {
    "device": "COUNTER",
    "property": "bike_count",
    "kind": "manual_count",
    "protocol": "two people, one direction",
    "who": "the cycling office",
    "from": "2026-03-01T00:00:00Z",
    "to": "2026-03-02T00:00:00Z",
}
_PROPERTY = {"unit": "Cel", "resolution": 0.1, **_TITLES}
_INVENTORY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("use_case", {"id": "u", **_TITLES}),
    ("property", {"id": "pm2_5", "unit": "ug/m3", "resolution": 0.1, **_TITLES}),
    ("property", {"id": "bike_count", "unit": "1", "kind": "count", "resolution": 1, **_TITLES}),
    ("property", {"id": "air_temperature", **_PROPERTY}),
    ("property", {"id": "cabinet_humidity", **_PROPERTY, "unit": "%"}),
    ("codec", {"id": "c", "script": "x", "mapping": []}),
    *(("device", {"id": d, "name": d, **_DEVICE}) for d in ("SENSOR", "STATION", "COUNTER")),
    (
        "session",
        {
            "id": "r",
            **_SESSION,
            "device": "SENSOR",
            "property": "pm2_5",
            "kind": "reference",
            "readings": [
                {"from": _written(15 * n), "value": truth(n)} for n in QUARTERS if not 8 < n < 12
            ],
        },
    ),
    (
        "session",
        {
            "id": "s",
            **_SESSION,
            "readings": [
                {"from": "2026-03-01T07:00:00Z", "to": "2026-03-01T08:00:00Z", "value": 100},
                {"from": "2026-03-01T08:00:00Z", "to": "2026-03-01T09:00:00Z", "value": 200},
                {"from": "2026-03-01T09:00:00Z", "to": "2026-03-01T10:00:00Z", "value": 50},
            ],
        },
    ),
)


def told(*arguments: str) -> dict[str, Any]:
    command = ["calibration", *arguments, "--output", "json"]
    done = CliRunner().invoke(build(), command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rows(device: str, name: str, values: dict[int, float], **other: Any) -> list[dict[str, Any]]:
    """Good values by minute after midnight; raw ones are twice as high."""
    return [
        observation(
            device,
            START + minute * MINUTE,
            property=name,
            **{"value": value, "raw": 2 * value, **other},
        )
        for minute, value in values.items()
    ]


@pytest.fixture
def city(apart: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = apart(partitions=2)
    for_commands(settings, monkeypatch)
    migrations.apply(settings)
    objects = [(kind, KINDS[kind].model_validate(body)) for kind, body in _INVENTORY]
    declare(settings, connect(settings), objects, START, "test")
    return settings


def test_what_is_stored_is_fitted_and_evaluated(city: Settings) -> None:
    """The sensor says half the station's value and one more; its raw value is twice that."""
    station = {15 * n: 10.0 + n % 7 * 5 for n in range(96)}
    sensor = {minute + 1: value / 2 + 1 for minute, value in station.items()}
    counted = {7 * 60 + 15 * n: 24.0 for n in range(1, 5)}
    counted |= {8 * 60 + 15 * n: 45.0 for n in range(1, 5)}
    stored = [
        *rows("STATION", "pm2_5", station),
        *rows("SENSOR", "pm2_5", sensor),
        *rows("SENSOR", "pm2_5", {5000: 1e6, 725: 1e6}, flag=4),
        *rows("COUNTER", "bike_count", counted | {9 * 60 + 15: 9.0}),
    ]
    connect_store(city).insert_arrow("observations", arrow("observations", stored))
    series = ("--device", "SENSOR", "--property", "pm2_5", "--reference", "STATION")
    day = ("--from", "2026-03-01T00:00:00Z", "--to", "2026-03-02T00:00:00Z")

    fit = told("fit", *series, *day)
    record = Calibration.model_validate(fit["record"])
    assert record.params == {"a": pytest.approx(-2.0), "b": pytest.approx(1.0)}
    assert (record.device, record.n) == ("SENSOR", 96)
    corrected = told("fit", *series, *day, "--calibrated")
    assert corrected["slope"] == pytest.approx(2.0)

    rules = ("--protocol", "hourly means")
    of = told("evaluate", *series, *day, "--hourly", "--record", "--tolerance", "60%", *rules)
    assert (of["n"], of["slope"], of["intercept"]) == (24, pytest.approx(0.5), pytest.approx(1))
    _counts()


def _counts() -> None:
    """96 told of 100 counted, 180 of 200; the third hour was not told wholly.

    GEH 4/√98 = 0.40 and 20/√190 = 1.45; WAPE 24 of 300, 8 %; CF 300/276.
    """
    found = told("evaluate", "--session", "s", "--peak", "--record", "--tolerance", "5%")
    assert (found["n"], found["manual"], found["automatic"]) == (2, 300, 276)
    assert found["wape"] == pytest.approx(8)
    assert found["geh"] == [pytest.approx(4 / 98**0.5), pytest.approx(20 / 190**0.5)]
    assert found["factor"] == pytest.approx(300 / 276)
    kept = Reliability.model_validate(found["reliability"])
    assert (kept.reliability, kept.n, kept.sessions) == (0.5, 2, ("s",))
    assert (kept.protocol, kept.reference) == ("two people, one direction", "the cycling office")
    assert kept.start == datetime(2026, 3, 1, tzinfo=UTC)
    assert kept.end == kept.start + timedelta(days=1)
    by_geh = told("evaluate", "--session", "s", "--record")["reliability"]
    assert (by_geh["reliability"], by_geh["tolerance"]) == (1.0, "GEH < 5")


@pytest.fixture
def disturbed(city: Settings) -> Settings:
    """A sensor that the weather disturbs, a minute after each quarter; five minutes later its own
    thermometer and hygrometer. Round one quarter the thermometer says nothing, and once something
    absurd that is flagged."""
    away = {9, 10, 11}
    stored = [
        *rows("STATION", "pm2_5", {15 * n: truth(n) for n in QUARTERS}),
        *rows("SENSOR", "pm2_5", {15 * n + 1: RAW[n] / 2 for n in QUARTERS if n not in (9, 11)}),
        *rows(
            "SENSOR", "air_temperature", {15 * n + 6: WARM[n] for n in QUARTERS if n not in away}
        ),
        *rows("SENSOR", "air_temperature", {15 * 50 + 2: 900.0}, flag=4),
        *rows("SENSOR", "cabinet_humidity", {15 * n + 6: DAMP[n] for n in QUARTERS}),
    ]
    connect_store(city).insert_arrow("observations", arrow("observations", stored))
    return city


def test_the_weather_that_disturbs_a_sensor_is_its_own_in_the_store(disturbed: Settings) -> None:
    series = ("--device", "SENSOR", "--property", "pm2_5", "--method", "multilinear")
    day = ("--from", "2026-03-01T00:00:00Z", "--to", "2026-03-02T00:00:00Z")
    beside = (*series, "--reference", "STATION", *day)
    weather = ("--humidity", "cabinet_humidity")
    fit = told("fit", *beside, *weather)
    assert (fit["n"], fit["left_out"]) == (93, 1)
    record = Calibration.model_validate(fit["record"])
    assert (record.kind, record.stage, record.device) == ("multilinear", "environment", "SENSOR")
    assert record.params == FOUND

    of_people = told("fit", "--session", "r", "--method", "multilinear", *weather)
    assert of_people["record"]["params"] == FOUND
    assert of_people["record"]["id"] == "SENSOR-pm2_5-multilinear"
    _without_weather(beside)


def _without_weather(beside: tuple[str, ...]) -> None:
    command = ("calibration", "fit", *beside, "--output", "json")
    done = CliRunner().invoke(build(), command, catch_exceptions=False)
    assert done.stderr == (
        "vigie: humidity was left out: the device has no usable relative_humidity then\n"
    )
    assert set(json.loads(done.stdout)["coefficients"]) == {"intercept", "sensor", "temperature"}
    nothing = ("--temperature", "rain", "--humidity", "snow")
    with pytest.raises(Stop, match="what the device itself measured then"):
        CliRunner().invoke(build(), (*command, *nothing), catch_exceptions=False)
