"""The inventory as files: one file of this folder for each format, found by its suffixes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streams.inventory.declared import Place

DEPTH_MAX = 20

Where = Callable[[Place], str]
"""Where a field of an object stands in its file, to be put behind the file's name: ``:12``."""


class Unreadable(Exception):
    """A file, or a part of it, that says nothing that could be an object.

    ``where`` as :data:`Where` gives it.
    """

    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.where = where


@dataclass(frozen=True)
class Entry:
    """One object as a file has it, not yet validated."""

    kind: str
    body: Mapping[str, Any]
    where: Where


@dataclass(frozen=True)
class InventoryFormat:
    """``read(text, stem)`` gives the entries of a file; ``stem`` is its name without the suffix.

    What cannot be read comes as :class:`Unreadable` among the entries, so that the rest is told
    of in one go, or is raised where nothing after it can be read.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[str, str], Iterator[Entry | Unreadable]]


def nested(cells: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Dotted names as nested objects, and as lists where the names are 0, 1, 2, …

    Raises:
        ValueError: a name is both a value and an object, or has too many dots.
    """
    tree: dict[str, Any] = {}
    for path, value in cells:
        *above, last = path.split(".", DEPTH_MAX)
        if "." in last:
            raise ValueError(f"{path[:40]}… is too deep")
        here = tree
        for step in above:
            here = here.setdefault(step, {})
            if not isinstance(here, dict):
                raise ValueError(f"{path}: {step} has a value of its own")
        if last in here:
            raise ValueError(f"{path} is there twice")
        here[last] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    items = {name: _listed(item) for name, item in value.items()}
    if items and list(items) == [str(i) for i in range(len(items))]:
        return list(items.values())
    return items
