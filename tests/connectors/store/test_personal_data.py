"""What readers see of personal data: nothing row by row, indicators as coarse as declared."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store import indicators
from connectors.store.queries import ask, catalogue
from connectors.store.tables import arrow
from streams.errors import Stop
from tests.connectors.store.records import MINUTE, START, declaration, observation, window

SINCE = datetime.fromtimestamp(START / 1e6, UTC) - timedelta(days=2)
UNTIL = SINCE + timedelta(days=4)
HOUR = 3600 * 1_000_000
MIDNIGHT = START // (24 * HOUR) * 24 * HOUR


def declare(client: Client, revision: int, published: object = None, **personal: str) -> None:
    """Two devices, one of a use case ``noise`` whose class and publication are given."""
    noise = {"id": "noise", "title_fr": "n", "title_en": "n"} | personal
    noise |= {"published": published} if published else {}  # type: ignore[dict-item]
    objects = [("use_case", "noise", noise)]
    for name, use_case in (("A", "noise"), ("B", "other")):
        body = {"name": name, "use_case": use_case, "nominal_period": 900}
        objects.append(("device", name, body))
    _put(client, revision, objects)


def _put(client: Client, revision: int, objects: list[tuple[str, str, dict[str, object]]]) -> None:
    rows = [
        declaration(kind, name, json.dumps(body)) | {"revision": revision, "is_deleted": False}
        for kind, name, body in objects
    ]
    client.insert_arrow("declarations", arrow("declarations", rows))


@pytest.fixture
def filled(client: Client) -> Client:
    """A day of quarters of two devices."""
    starts = [MIDNIGHT + n * 15 * MINUTE for n in range(2 * 96)]
    windows = [window(name, at) for at in starts for name in ("A", "B")]
    client.insert_arrow("windows", arrow("windows", windows))
    rows = [observation(name, at, flag=4) for at in starts[:4] for name in ("A", "B")]
    client.insert_arrow("observations", arrow("observations", rows))
    return client


def devices(client: Client, name: str) -> set[str]:
    view = indicators.load()[name].view
    return {row[0] for row in client.query(f"SELECT DISTINCT device FROM {view}").result_rows}  # noqa: S608


def seen(client: Client, query: str) -> set[str]:
    found: set[str] = set()
    for name in ("A", "B"):
        bound = {"device": name, "since": SINCE, "until": UNTIL, "limit": 100}
        bound |= {"property": "sound_level" if query == "windows" else "fill_level"}
        if query == "flagged":
            bound = {name: bound[name] for name in ("since", "until", "limit")}
        found |= {row["device"] for row in ask(client, query, **bound)}
    return found


ROWS = ("observations", "windows", "flagged")


def test_what_is_not_personal_is_seen(filled: Client) -> None:
    declare(filled, 1)
    assert {q: seen(filled, q) for q in ROWS} == {q: {"A", "B"} for q in ROWS}
    assert devices(filled, "noise_laeq") == {"A", "B"}
    assert indicators.values(filled, indicators.load()["noise_laeq"], SINCE, UNTIL)


def test_a_personal_use_case_is_seen_only_as_coarse_as_declared(filled: Client) -> None:
    catalogue = indicators.load()
    declare(filled, 1, personal_data="indirect")
    assert {q: seen(filled, q) for q in ROWS} == {q: {"B"} for q in ROWS}
    for name in ("noise_laeq", "noise_lden"):
        assert devices(filled, name) == {"B"}
        with pytest.raises(Stop, match=f"{name} is not published: noise is personal data"):
            indicators.values(filled, catalogue[name], SINCE, UNTIL)

    declare(filled, 2, {"least_period": 86_400.0, "least_devices": 1}, personal_data="indirect")
    assert {q: seen(filled, q) for q in ROWS} == {q: {"B"} for q in ROWS}
    assert (devices(filled, "noise_laeq"), devices(filled, "noise_lden")) == ({"B"}, {"A", "B"})
    with pytest.raises(Stop, match="from 86400 s on, and this is 3600 s"):
        indicators.values(filled, catalogue["noise_laeq"], SINCE, UNTIL)
    assert indicators.values(filled, catalogue["noise_lden"], SINCE, UNTIL)

    declare(filled, 3, {"least_period": 3600.0, "least_devices": 2}, personal_data="indirect")
    assert devices(filled, "noise_laeq") == {"B"}, "a row of an indicator is one device"


def test_a_personal_property_is_seen_only_where_a_use_case_publishes_it(filled: Client) -> None:
    declare(filled, 1, {"least_period": 3600.0, "least_devices": 1})
    level = {"id": "sound_level", "title_fr": "n", "title_en": "n", "unit": "dB(A)"}
    level |= {"resolution": 0.1, "personal_data": "personal", "kind": "level"}  # type: ignore[dict-item]
    _put(filled, 1, [("property", "sound_level", level)])  # type: ignore[list-item]
    assert seen(filled, "windows") == set()
    assert seen(filled, "observations") == {"A", "B"}, "fill levels are not personal"
    assert devices(filled, "noise_laeq") == {"A"}


_ROWS = re.compile(r"\b(FROM|JOIN)\s+(observations?|observation_status|windows?)\b")
_COUNTS = {"counts", "flags", "flags_raised", "frames", "measured_days"}
"""Queries of the catalogue that tell how many there are, and no value."""


def test_every_query_for_readers_asks_the_views_that_hide_what_is_personal() -> None:
    direct = {name for name, sql in catalogue().items() if _ROWS.search(sql)}
    assert direct <= _COUNTS
