"""A pack that is cut says what it said, piece by piece."""

import io
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import senml
from connectors.networks.senml import SENML
from streams.errors import Skip
from streams.uplinks import Event

NUMBERS = st.integers(-1000, 1000) | st.floats(-1e6, 1e6)
RECORDS = st.fixed_dictionaries(
    {"n": st.sampled_from(["level", "température", "a/b"]), "v": NUMBERS},
    optional={
        "bn": st.sampled_from(["urn:dev:ow:1:", "urn:dev:ow:2:", "0004A30B001C0530/"]),
        "bt": st.integers(1_700_000_000, 1_700_000_100),
        "bv": NUMBERS,
        "bu": st.just("m"),
        "t": st.integers(-100, 100),
    },
)
PACKS = st.lists(RECORDS, min_size=1, max_size=12).map(
    lambda records: [{"bn": "first:", "bt": 1_700_000_000} | records[0], *records[1:]]
)


def values(bodies: Iterable[bytes]) -> list[tuple[str, int, str, Any]]:
    return [
        (event.device, event.observed_at, name, value)
        for body in bodies
        for event in SENML.events(body, {})
        if isinstance(event, Event)
        for name, value in (event.decoded or {}).items()
    ]


@given(pack=PACKS, most=st.integers(1, 5), indent=st.none() | st.integers(0, 2))
def test_a_cut_pack_says_the_same(
    pack: list[dict[str, Any]], most: int, indent: int | None
) -> None:
    body = json.dumps(pack, indent=indent, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as small:
        small.setattr(senml, "RECORDS_MAX", most)
        small.setattr(senml, "_CHUNK", 7)
        found = list(senml.packs(io.BytesIO(body), 1 << 20))
    assert len(found) == -(-len(pack) // most)
    assert sorted(values(found)) == sorted(values([body]))


@given(st.binary(max_size=60) | st.text('[]{},:"\\u0n1e. ', max_size=60).map(str.encode))
def test_any_bytes_are_packs_or_refused(body: bytes) -> None:
    for content in (body, b"[" + body, b'[{"n": "a"}, ' + body):
        try:
            found = list(senml.packs(io.BytesIO(content), 1 << 20))
        except Skip as why:
            assert why.reason == "not_json"  # noqa: PT017
            continue
        for pack in found:
            assert all(isinstance(record, dict) for record in json.loads(pack))
