"""What is said of an object once, for as long as the object is there."""

from collections.abc import Callable
from typing import TypeVar
from weakref import ref

S = TypeVar("S", bound=object)
T = TypeVar("T")


def kept(ask: Callable[[S], T]) -> Callable[[S], T]:
    """A pure function of a frozen object, so that it is computed once for each.

    By identity: what is declared holds mappings, and therefore has no hash. All who ask are given
    the same answer, whatever snapshot they found the object in, so that answers may be told apart
    by identity as well.
    """
    known: dict[int, tuple[ref[S], T]] = {}

    def told(of: S) -> T:
        place = id(of)
        if place not in known:
            answer = ask(of)
            known.setdefault(place, (ref(of, lambda _: known.pop(place, None)), answer))
        return known[place][1]

    return told
