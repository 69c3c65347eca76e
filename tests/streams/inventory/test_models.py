"""The kinds of the inventory: what they take, and what they refuse."""

from typing import Any

import pytest
from pydantic import ValidationError

from streams.inventory import KINDS, Calibration, Deployment, Device
from streams.inventory.declared import references

DEVICE = {"id": "D", "name": "d", "codec": "c", "use_case": "pav", "nominal_period": 900}
PLACE = {"id": "p", "device": "D", "site": "s", "commune": "13201"}
HERE = {"latitude": 43.2955, "longitude": 5.3745}
SPAN = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}


def test_a_place_may_be_given_in_lambert_93() -> None:
    place = Deployment.model_validate(
        PLACE | {"x": 892_390.2, "y": 6_247_036.4, "crs": "EPSG:2154"}
    )
    assert (place.longitude, place.latitude) == pytest.approx((5.37, 43.295), abs=0.01)
    again = Deployment.model_validate_json(place.model_dump_json(by_alias=True, exclude_none=True))
    assert again == place


def test_a_place_in_degrees_may_be_given_as_x_and_y() -> None:
    place = Deployment.model_validate(PLACE | {"x": 5.3745, "y": 43.2955, "z": 12})
    assert (place.longitude, place.latitude, place.z) == (5.3745, 43.2955, 12)


def test_a_serial_number_is_the_text_that_was_written() -> None:
    assert Device.model_validate(DEVICE | {"serial": 1234}).serial == "1234"


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("70b3d57ed0001234", "70B3D57ED0001234"),
        ("70-B3-D5-7E-D0-00-12-34", "70B3D57ED0001234"),
        ("70:b3:d5:7e:d0:00:12:34", "70B3D57ED0001234"),
        (1234567890123456, "1234567890123456"),
        ("building/3/meter", "building/3/meter"),
        ("urn:dev:mac:0024befffe804ff1", "urn:dev:mac:0024befffe804ff1"),
    ],
)
def test_a_device_has_the_id_that_its_messages_have(written: Any, one: str) -> None:
    assert Device.model_validate(DEVICE | {"id": written}).id == one
    assert KINDS["deployment"].model_validate(PLACE | HERE | {"device": written}).device == one  # type: ignore[attr-defined]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("deployment", PLACE | HERE | {"from": 2026}, "write a time with its offset"),
    ("deployment", PLACE | HERE | {"to": "20260131"}, "write a time with its offset"),
    ("deployment", PLACE | HERE | {"device": "/a"}, "device"),
    ("codec", {"id": "a/b", "decoded": True, "mapping": []}, "id"),
    ("deployment", PLACE, "latitude"),
    ("deployment", PLACE | {"x": 5.3}, "latitude"),
    ("deployment", PLACE | HERE | {"x": 5.3}, "x and y go together"),
    ("deployment", PLACE | HERE | {"crs": "EPSG:2154"}, "give them"),
    ("deployment", PLACE | HERE | {"x": 6.0, "y": 43.0}, "another place"),
    ("deployment", PLACE | {"x": 5.3, "y": 43.2, "crs": "EPSG:2154"}, "no place in France"),
    ("deployment", PLACE | HERE | {"commune": "20001"}, "commune"),
    ("deployment", PLACE | HERE | {"photos": ["file:///etc/passwd"]}, "photos"),
    ("configuration", {"id": "c", "device": "D"}, "codec, nominal_period or network"),
    ("profile", {"id": "f", "property": "p", "site": "s", "device": "D", "tests": {}}, "not for"),
    (
        "session",
        {"id": "s", "device": "D", "property": "p", "kind": "reference", "protocol": "", "who": ""},
        "from and to",
    ),
    ("maintenance", {"id": "m", "device": "D", "what": "w", "who": "x"}, "has a from"),
    (
        "session",
        {
            "id": "s",
            "device": "D",
            "property": "p",
            "kind": "manual_count",
            **SPAN,
            "protocol": "",
            "who": "",
            "readings": [{"from": SPAN["to"], "value": 0}],
        },
        "within the session",
    ),
    ("use_case", {"id": "u", "title_fr": "u", "title_en": "u", "target_reliability": 95}, "target"),
]


@pytest.mark.parametrize(("kind", "body", "says"), REFUSED)
def test_what_is_wrong_is_refused(kind: str, body: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        KINDS[kind].model_validate(body)


def test_an_object_says_what_it_names() -> None:
    calibration = Calibration(id="k", device="D", property="p", kind="linear", params={})
    assert list(references(calibration)) == [
        (("device",), "device", "D"),
        (("property",), "property", "p"),
    ]
    group = KINDS["group"].model_validate(
        {"id": "g", "title_fr": "", "title_en": "", "use_cases": ["pav", "noise"]}
    )
    assert list(references(group)) == [
        (("use_cases", 0), "use_case", "pav"),
        (("use_cases", 1), "use_case", "noise"),
    ]
