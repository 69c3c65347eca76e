"""What became of a dead letter: entered again where it failed, or dropped.

Nothing on a topic is ever changed, so a resolution is a record of its own on ``dead-letters``, on
the letter's partition and behind it: whoever reads backwards meets the resolution first. It has
the letter's key and our headers, no value, and says who did it and when.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from streams import dead_letters
from streams.errors import Skip
from streams.handler import MOVED, Output, Record
from streams.topics import ALL, DEAD_LETTERS, FOR_EVER, Topic

RESOLVED = "vigie.resolved."
RETRIED = "vigie.retried."
"""Headers of a record that entered again: the place of its letter, who sent it, and when."""

MARGIN_MS = 3_600_000
"""A record that is so near the end of its topic's retention would be gone before it is read."""

State = Literal["retried", "dropped"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """``place`` is partition/offset of the letter on dead-letters, ``at`` UTC microseconds."""

    state: str
    place: str
    author: str
    at: int


def resolution(received: Iterable[tuple[str, bytes | None]]) -> Resolution | None:
    """What a record of dead-letters resolves; None where it is a letter itself."""
    found = _under(RESOLVED, received)
    if not found.get("state") or not found.get("place"):
        return None
    at = found.get("at", "")
    return Resolution(
        found["state"],
        found["place"],
        found.get("author", ""),
        int(at) if at.isascii() and at.isdigit() else 0,
    )


def retried_from(received: Iterable[tuple[str, bytes | None]]) -> str:
    """The place of the letter whose retry this record is; empty where it is none."""
    return _under(RETRIED, received).get("place", "")


def resolved(letter: Record, state: State, author: str, at: int) -> Output:
    """The record that says what became of a letter; ``at`` in UTC microseconds."""
    why = dead_letters.said(letter.headers)
    fields = {"state": state, "place": _place(letter), "author": author, "at": str(at)}
    return Output(
        DEAD_LETTERS,
        letter.key,
        None,
        max(at // 1000, letter.timestamp),
        letter.partition,
        [(dead_letters.PREFIX + name, text.encode()) for name, text in why.items()]
        + [(RESOLVED + name, text.encode()) for name, text in fields.items()],
    )


def again(letter: Record, prefix: str, author: str, at: int) -> Output:
    """The record as it was before it died, for the partition on which it was read.

    Key, value and headers are the original's, without what was said of its death and with where
    it comes from. So is its timestamp, but where its topic would delete so old a record at once:
    then it is ``at``, UTC microseconds. ``prefix`` is the first part of the topics' names.

    Raises:
        Skip: the letter does not say where it died, or only the last value of a key counts there.
    """
    why = dead_letters.said(letter.headers)
    topic = {t.name(prefix): t for t in ALL}.get(why.get("topic", ""))
    partition = why.get("partition", "")
    if topic is None or topic is DEAD_LETTERS or not (partition.isascii() and partition.isdigit()):
        raise Skip("no_origin", "it does not name a topic of ours on which it was read")
    if topic.compacted:
        raise Skip(
            "compacted",
            f"on {topic.short} a later value of the same key may be there: declare it anew",
        )
    fields = {"place": _place(letter), "author": author, "at": str(at)}
    ours = (dead_letters.PREFIX, RETRIED, MOVED)
    theirs = [h for h in letter.headers if not h[0].startswith(ours)]
    return Output(
        topic,
        letter.key,
        letter.value,
        _timestamp(letter.timestamp, topic, at // 1000),
        int(partition),
        theirs + [(RETRIED + name, text.encode()) for name, text in fields.items()],
    )


def _timestamp(original: int, topic: Topic, now: int) -> int:
    old = topic.retention_ms != FOR_EVER and original < now - topic.retention_ms + MARGIN_MS
    return now if old else original


def _place(letter: Record) -> str:
    return f"{letter.partition}/{letter.offset}"


def _under(prefix: str, received: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    return {
        name.removeprefix(prefix): (value or b"").decode("utf-8", "replace")
        for name, value in received
        if name.startswith(prefix)
    }
