"""The frame in an uplink, found by its id, and what its codec makes of it."""

import json

from connectors.explain.uplink import Sent, _holds, decoded
from streams.codecs.call import Outcome
from streams.handler import Record
from streams.uplinks import frame_id
from tests.agreement.core import WIRE, declared, registry
from tests.pipeline import INVENTORY, NETWORKS, device, tts

NAME = "70B3D57ED0000001"
REGISTRY = registry(declared([*INVENTORY, device(NAME)]))
AT = "2026-05-27T00:00:00Z"
ARRIVAL = 1_779_840_002_000_000


def uplink(body: object, network: str = "tts") -> Record:
    content = {"request_id": "r", "source": "s", "network": network, "arrival": ARRIVAL}
    content |= {"headers": {}, "query": {}, "body": json.dumps(body).encode()}
    return Record("uplinks", 1, 5, NAME.encode(), WIRE.encode("Uplink", content))


def held(record: Record, name: bytes, of: str = NAME) -> Sent | None:
    return _holds(record, WIRE, NETWORKS, REGISTRY, (of, name))


def test_the_frame_is_known_by_its_id() -> None:
    record = uplink(tts(NAME, 3, AT, "Kg=="))
    found = NETWORKS["tts"].events(json.dumps(tts(NAME, 3, AT, "Kg==")).encode(), {})
    (event,) = found
    name = frame_id("tts", event.dedup)  # type: ignore[union-attr]
    sent = held(record, name)
    assert sent is not None
    assert sent.told() | {"observed_at": 0} == {
        "place": "uplinks[1]@5",
        "source": "s",
        "network": "tts",
        "request_id": "r",
        "arrival": ARRIVAL,
        "observed_at": 0,
        "counter": 3,
        "port": 1,
        "payload": "2a",
    }
    assert held(record, b"another" + bytes(9)) is None
    assert held(record, name, "70B3D57ED0000002") is None

    good = decoded(sent, REGISTRY, lambda _: [Outcome({"level": 42})], ("level", ""))
    assert (good["codec"], good["object"]) == ("c", {"level": 42})
    assert [m["value"] for m in good["measures"]] == [42.0]
    assert decoded(sent, REGISTRY, lambda _: [Outcome({"level": 42})], ("x", ""))["measures"] == []
    bad = decoded(sent, REGISTRY, lambda _: [Outcome(errors=("no",))], ("level", ""))
    assert (bad["object"], bad["errors"], bad["measures"]) == (None, ["no"], [])


def test_what_cannot_be_read_holds_no_frame() -> None:
    for record in (
        uplink("junk"),
        uplink({}, "nobody's"),
        Record("uplinks", 0, 0, None, b"junk"),
        Record("uplinks", 0, 0, None, WIRE.encode("Tick", {"at": 1})),
    ):
        assert held(record, bytes(16)) is None
