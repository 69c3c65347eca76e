"""What was asked of a snapshot of what is declared: the next one can be asked the same again."""

from collections.abc import Callable
from operator import is_
from typing import Any, Protocol, TypeVar

from streams.registry import Registry

T = TypeVar("T")

Said = dict[tuple[Callable[..., Any], tuple[Any, ...]], Any]
"""Answers, by the question and what it was about."""


class Known(Protocol):
    """What is declared, by questions: a registry, or one whose answers are noted."""

    def ask(self, question: Callable[..., T], *about: Any) -> T:
        """What a pure function of a registry and of ``about`` says."""


class Asked:
    """A snapshot whose answers are noted in ``said``."""

    __slots__ = ("_registry", "_said")

    def __init__(self, registry: Registry, said: Said) -> None:
        self._registry, self._said = registry, said

    def ask(self, question: Callable[..., T], *about: Any) -> T:
        """What the snapshot says; asked but once."""
        asked = question, about
        if asked not in self._said:
            self._said[asked] = question(self._registry, *about)
        found: T = self._said[asked]
        return found


def still(said: Said, registry: Registry) -> bool:
    """Whether a snapshot says the same to all of the questions: the very same objects, or as many
    of them in a row. What was made of these answers alone would be made again."""
    for (question, about), was in said.items():
        now = question(registry, *about)
        if now is not was and not _alike(now, was):
            return False
    return True


def _alike(one: Any, other: Any) -> bool:
    rows = isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other)
    return rows and all(map(is_, one, other))
