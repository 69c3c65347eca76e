"""The receipt says what went, names nothing else, and shows when it was changed."""

import json

from connectors.erasure.receipt import Findings, digest, receipt, text
from connectors.erasure.rewriting import Rewritten
from streams.inventory import Erasure

SECOND = 1_000_000
ONE = Erasure.model_validate({"id": "e", "device": "D", "to": "2026-01-01T00:00:00Z"})


def made(**other: object) -> dict[str, object]:
    parts = [Rewritten(0), Rewritten(1, gone=3, moved=2, left_out=1, until=9)]
    found = Findings(topics={"t": parts}, store={"observations": 3}, shared=1, others=2)
    for name, value in other.items():
        setattr(found, name, value)
    return receipt([ONE], found, "me", SECOND, 2 * SECOND)


def test_what_went_is_told_place_by_place() -> None:
    content = made(left={"t": 0})
    kafka = {"t": [{"partition": 1, "gone": 3, "moved": 2, "left_out": 1, "until": 9}]}
    assert content["kafka"] == kafka
    assert (content["begun"], content["author"]) == ("1970-01-01T00:00:01.000000Z", "me")
    said = text(content)
    assert "D: ever to 2026-01-01T00:00:00Z" in said
    assert "Kafka t: 3 records gone" in said
    assert "1 of the requests held messages of 2 other devices" in said
    assert "other times" not in said
    assert "4 of the requests held messages of other times" in text(made(wider=4))
    assert "Left: nothing" in said
    assert "Left: {'t': 4}" in text(made(left={"t": 4, "u": 0}))


def test_a_change_shows() -> None:
    content = json.loads(json.dumps(made()))
    assert content["sha256"] == digest(content)
    content["store_rows"]["observations"] = 2
    assert content["sha256"] != digest(content)
