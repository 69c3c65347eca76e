"""Each network server has a page, and what its page posts is read as the page says."""

import copy
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import networks
from streams.discover import discover
from streams.errors import Skip
from streams.uplinks import UNTIMED, Event, Network, Request, frame_id
from tests.connectors.networks.pages import FOLDER, SECRET, posted, source

FOUND = discover(networks, Network)
OF_JSON = sorted(name for name, n in FOUND.items() if "application/json" in n.media)
OWN_IDS = {
    "senml": "urn:dev:ow:10e2073a01080063",
    "generic": "356938035643809",
    "csv": "LOGGER-12",
}
NO_RADIO = {"senml", "csv"}
DAY = 86_400_000_000


def events(name: str, body: bytes, query: dict[str, str]) -> list[Event | Skip]:
    return list(FOUND[name].reader(source(name))(body, query))


def test_every_network_has_a_page_and_every_page_a_network() -> None:
    assert {p.stem for p in FOLDER.glob("*.md")} == {*FOUND, "README"}


@pytest.mark.parametrize("name", FOUND)
def test_what_the_page_posts_is_read(name: str) -> None:
    request = posted(name)
    found = events(name, request.body, request.query)
    assert found
    for event in found:
        assert isinstance(event, Event)
        assert event.kind == "uplink"
        assert event.device == OWN_IDS.get(name, "0004A30B001C0530")
        assert abs(event.observed_at - time.time_ns() // 1000) < DAY
        assert event.payload or event.decoded
        assert not event.encrypted
        assert event.radio is not None or name in NO_RADIO


@pytest.mark.parametrize("name", FOUND)
def test_what_the_page_posts_is_let_in(name: str) -> None:
    network, request = FOUND[name], posted(name)
    assert request.headers["content-type"] in network.media
    shown = Request(request.headers, request.query, request.body, time.time_ns() // 1000)
    assert network.authentic(shown, SECRET)
    assert not network.authentic(shown, SECRET + "x")


@pytest.mark.parametrize("name", FOUND)
def test_what_the_page_declares_is_where_it_posts(name: str) -> None:
    declared = source(name)
    assert (declared.id, declared.network) == (f"city-{name}", name)
    assert declared.secret
    assert posted(name).path == f"/v1/{declared.id}"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value within."""
    if path:
        yield path
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield from places(inner, (*path, key))


def changed(message: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at one place."""
    made = copy.deepcopy(message)
    *outer, last = path
    inner = made
    for step in outer:
        inner = inner[step]
    inner[last] = value
    return made


STRANGE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**310)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["", "1e400", "9" * 5000, "70-b3-d5-e7-5e-00-4a-01", "AQI=", "0102", "SF99"])
    | st.lists(st.none(), max_size=2)
    | st.dictionaries(st.text(max_size=2), st.none(), max_size=1)
)


@pytest.mark.parametrize("name", OF_JSON)
@given(data=st.data(), value=STRANGE)
def test_one_strange_value_is_read_or_refused(name: str, data: st.DataObject, value: Any) -> None:
    request = posted(name)
    message = json.loads(request.body)
    path = data.draw(st.sampled_from(list(places(message))))
    body = json.dumps(changed(message, path, value)).encode()
    try:
        found = events(name, body, request.query)
    except Skip as why:
        assert why.reason.isidentifier()  # noqa: PT017
        return
    for event in found:
        if isinstance(event, Skip):
            assert event.reason.isidentifier()
            continue
        assert len(frame_id(name, event.dedup)) == 16
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}", event.device)
        assert event.observed_at == UNTIMED or 0 <= event.observed_at < 253_402_300_800_000_000
        assert event.port is None or 0 <= event.port <= 255
        assert event.counter is None or 0 <= event.counter < 1 << 32
        assert not (event.encrypted and event.payload is not None)
        json.dumps(event.details, allow_nan=False)
        assert set(event.measures) <= {"battery_level", "link_margin"}
