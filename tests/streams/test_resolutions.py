"""What enters again is what died, and what became of a letter can be read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.dead_letters import headers
from streams.errors import Skip
from streams.handler import Effects, Record
from streams.resolutions import MARGIN_MS, again, resolution, resolved, retried_from
from streams.topics import DAY_MS, DEAD_LETTERS, OBSERVATIONS, READINGS, UPLINKS

NOW = 1_790_000_000_000


def letter(topic: str = "vigie.uplinks.v1", at: int = NOW, **other: object) -> Record:
    why = headers(topic, 5, 17, "decode", "unknown_device", "not declared")
    given = {
        "key": b"k",
        "value": b"v",
        "headers": (("traceparent", b"1"), ("vigie.moved", b"9"), *why),
    } | other
    return Record("vigie.dead-letters.v1", 3, 42, timestamp=at, **given)  # type: ignore[arg-type]


_bytes = st.none() | st.binary(max_size=20)
_headers = st.lists(st.tuples(st.sampled_from(["a", "traceparent", "vigie.x"]), st.binary()))


@given(_bytes, _bytes, _headers, st.integers(0, NOW))
def test_an_uplink_enters_as_it_was(
    key: bytes | None, value: bytes | None, theirs: list[tuple[str, bytes]], at: int
) -> None:
    effects = Effects()
    original = Record("vigie.uplinks.v1", 5, 17, key, value, theirs, at)
    effects.dead_letter(original, "decode", Skip("unknown_device", "why"))
    (died,) = effects.outputs
    kept = Record("vigie.dead-letters.v1", 3, 42, died.key, died.value, died.headers, at)
    output = again(kept, "vigie", "me", NOW * 1000)
    assert (output.topic, output.partition, output.timestamp) == (UPLINKS, 5, at)
    assert (output.key, output.value) == (key, value)
    assert list(output.headers[: len(theirs)]) == theirs
    assert retried_from(output.headers[len(theirs) :]) == "3/42"
    assert len(output.headers) == len(theirs) + 3


def test_of_a_letter_that_died_twice_the_last_retry_counts() -> None:
    first = again(letter(), "vigie", "me", 1)
    why = headers("vigie.uplinks.v1", 5, 99, "decode", "encrypted", "no key")
    second = again(letter(headers=(*first.headers, *why)), "vigie", "you", 2)
    names = [name for name, _ in second.headers]
    assert len(names) == len(set(names)) == 4
    assert dict(second.headers)["vigie.retried.author"] == b"you"


@pytest.mark.parametrize(("topic", "days"), [(READINGS, 30), (OBSERVATIONS, 7)])
def test_what_its_topic_would_delete_at_once_takes_the_present(topic: object, days: int) -> None:
    name = topic.name("vigie")  # type: ignore[attr-defined]
    least = NOW - days * DAY_MS + MARGIN_MS
    assert again(letter(name, least), "vigie", "me", NOW * 1000).timestamp == least
    assert again(letter(name, least - 1), "vigie", "me", NOW * 1000).timestamp == NOW


@pytest.mark.parametrize(
    ("died", "reason"),
    [
        (letter("vigie.registry.v1"), "compacted"),
        (letter("vigie.pending.v1"), "compacted"),
        (letter("vigie.dead-letters.v1"), "no_origin"),
        (letter("other.uplinks.v1"), "no_origin"),
        (letter(headers=()), "no_origin"),
        (letter(headers=(("vigie.errors.topic", b"vigie.uplinks.v1"),)), "no_origin"),
        (
            letter(
                headers=(
                    ("vigie.errors.topic", b"vigie.uplinks.v1"),
                    ("vigie.errors.partition", "٣".encode()),
                )
            ),
            "no_origin",
        ),
    ],
)
def test_what_cannot_enter_again_is_said(died: Record, reason: str) -> None:
    with pytest.raises(Skip) as skip:
        again(died, "vigie", "me", 1)
    assert skip.value.reason == reason


def test_a_resolution_lies_behind_its_letter_and_says_who_and_when() -> None:
    mark = resolved(letter(at=NOW + 5), "dropped", "me", NOW * 1000)
    assert (mark.topic, mark.partition, mark.key, mark.value) == (DEAD_LETTERS, 3, b"k", None)
    assert mark.timestamp == NOW + 5, "no earlier than the letter, so that it is found from there"
    said = resolution(mark.headers)
    assert said is not None
    assert (said.state, said.place, said.author, said.at) == ("dropped", "3/42", "me", NOW * 1000)
    assert dict(mark.headers)["vigie.errors.offset"] == b"17"
    assert "traceparent" not in dict(mark.headers)
    assert resolution(letter().headers) is None


def test_headers_of_strangers_are_no_resolution() -> None:
    assert resolution([("vigie.resolved.state", b"dropped")]) is None
    found = resolution(
        [
            ("vigie.resolved.state", b"x"),
            ("vigie.resolved.place", b"1/2"),
            ("vigie.resolved.at", b"-1"),
        ]
    )
    assert found is not None
    assert found.at == 0
