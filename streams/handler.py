"""The contract between a host and what it drives: records of one partition in, effects out.

A handler knows nothing of Faust, transactions or positions. Whatever it returns happens wholly or
not at all.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from streams import dead_letters
from streams.errors import Skip
from streams.topics import DEAD_LETTERS, Topic

S = TypeVar("S")

Headers = Sequence[tuple[str, bytes]]

MOVED = "vigie.moved"
"""The header of a record that was written again behind others, its former offset in digits."""


@dataclass(frozen=True, slots=True)
class Record:
    """A message as it was read; ``timestamp`` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int = 0


def moved_from(headers: Headers) -> int | None:
    """The offset at which a record lay before, on the same partition; None if it was not moved."""
    for name, value in headers:
        if name == MOVED and value and value.isdigit():
            return int(value)
    return None


@dataclass(frozen=True, slots=True)
class Output:
    """A message to send; without ``partition`` murmur2 of the key decides."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    timestamp: int
    partition: int | None = None
    headers: Headers = ()


@dataclass
class Effects:
    """What a batch does: outputs in order, and state by key (None removes).

    ``erased`` counts what was passed over because it is erased, ``counts`` what else is worth a
    metric: what happened, and to which table.
    """

    outputs: list[Output] = field(default_factory=list)
    state: dict[bytes, bytes | None] = field(default_factory=dict)
    dead: set[tuple[str, int, int]] = field(default_factory=set)
    erased: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def letters(self) -> int:
        """How many records became dead letters."""
        return len(self.dead)

    def dead_letter(self, record: Record, stage: str, why: Skip) -> None:
        """Keep a record that cannot be used, byte for byte, once, with the first reason."""
        place = (record.topic, record.partition, record.offset)
        if place in self.dead:
            return
        self.dead.add(place)
        self.outputs.append(
            Output(
                DEAD_LETTERS,
                record.key,
                record.value,
                record.timestamp,
                headers=[
                    *record.headers,
                    *dead_letters.headers(*place, stage, why.reason, str(why)),
                ],
            )
        )


def _unknown(_state: Any) -> Mapping[str, int]:
    return {}


def _nothing(_state: Any, _key: bytes, _value: bytes | None) -> bool:
    return False


@dataclass(frozen=True)
class Handler(Generic[S]):
    """``handle(state, clock, records)`` gives the effects and the partition's next clock.

    ``clock`` is the highest arrival seen on the partition, UTC microseconds, 0 before the first.
    ``state`` is changed in place; a host that cannot commit the effects leaves the process.
    ``restore`` is told the latest value of each key of the state; ``absorb`` is told each record
    before that, in their order (None removes), and whether it is taken: what there is much of need
    not be held twice. ``sizes`` tells how large a state is, by what is counted; it may be asked
    while ``handle`` runs. ``in_turn``: it computes and hardly ever waits, so that large
    batches of several partitions are done sooner one after the other than side by side.
    """

    name: str
    topic: Topic
    empty: Callable[[], S]
    restore: Callable[[S, bytes, bytes], None]
    handle: Callable[[S, int, Sequence[Record]], tuple[Effects, int]]
    sizes: Callable[[S], Mapping[str, int]] = _unknown
    absorb: Callable[[S, bytes, bytes | None], bool] = _nothing
    in_turn: bool = False
