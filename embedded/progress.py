"""How a long start tells what it is doing."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]
"""``(what, done, total)``: bytes of what is fetched, or how much of what has to be done; ``0, 0``
for a step without measure."""


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""
