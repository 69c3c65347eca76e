"""Each network server has a page, and what its page posts is read as the page says."""

import copy
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import networks
from streams.discover import discover
from streams.errors import Skip
from streams.uplinks import Event, Network, Request, frame_id

FOUND = discover(networks, Network)
FOLDER = Path(__file__).parents[3] / "docs" / "networks"
OWN_IDS = {"senml": "urn:dev:ow:10e2073a01080063"}


@dataclass(frozen=True)
class Posted:
    """A request as the page's curl makes it."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


def posted(name: str) -> Posted:
    """The one curl of a page."""
    (block,) = re.findall(r"```sh\n(curl .*?)```", (FOLDER / f"{name}.md").read_text(), re.DOTALL)
    words = shlex.split(block)
    url = urlsplit(words[words.index("-i") + 1])
    headers = [words[i + 1].split(": ") for i, word in enumerate(words) if word == "-H"]
    body = words[words.index("-d") + 1]
    return Posted(url.path, dict(parse_qsl(url.query)), {k.lower(): v for k, v in headers}, body)


def events(name: str, message: Any, query: dict[str, str]) -> list[Event]:
    return list(FOUND[name].events(json.dumps(message).encode(), query))


def test_every_network_has_a_page_and_every_page_a_network() -> None:
    assert {p.stem for p in FOLDER.glob("*.md")} == {*FOUND, "README"}


@pytest.mark.parametrize("name", FOUND)
def test_what_the_page_posts_is_read(name: str) -> None:
    request = posted(name)
    found = FOUND[name].events(request.body.encode(), request.query)
    assert found
    for event in found:
        assert event.kind == "uplink"
        assert event.device == OWN_IDS.get(name, "0004A30B001C0530")
        assert event.observed_at // 86_400_000_000 == 20_496  # 2026-02-12
        assert event.payload or event.decoded
        assert not event.encrypted
        assert event.radio is not None or name == "senml"


@pytest.mark.parametrize("name", FOUND)
def test_what_the_page_posts_is_let_in(name: str) -> None:
    request = posted(name)
    assert request.headers["content-type"] in FOUND[name].media
    assert FOUND[name].authentic(Request(request.headers), "$SECRET")
    assert request.path == f"/v1/city-{name}"


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


@pytest.mark.parametrize("name", FOUND)
@given(data=st.data(), value=STRANGE)
def test_one_strange_value_is_read_or_refused(name: str, data: st.DataObject, value: Any) -> None:
    request = posted(name)
    message = json.loads(request.body)
    path = data.draw(st.sampled_from(list(places(message))))
    try:
        found = events(name, changed(message, path, value), request.query)
    except Skip as why:
        assert why.reason.isidentifier()  # noqa: PT017
        return
    for event in found:
        assert len(frame_id(name, event.dedup)) == 16
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}", event.device)
        assert 0 < event.observed_at < 253_402_300_800_000_000
        assert event.port is None or 0 <= event.port <= 255
        assert event.counter is None or 0 <= event.counter < 1 << 32
        assert not (event.encrypted and event.payload is not None)
