"""Paths into what a codec says: names with dots between them, a number for a place in a list."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from streams.errors import Skip

Steps = Sequence[tuple[str, str]]
"""Each name of a path, and that name with all that follows it."""

MISSING = object()
"""What stands where a path leads to nothing."""

TEXT_MAX = 64
"""Characters of a text that is made of paths."""

_TEMPLATE = re.compile(r"\{([^{}]*)\}")


def steps(path: str) -> Steps:
    """A path, split; the empty one has no step and leads to the thing itself."""
    names = path.split(".") if path else []
    return [(name, ".".join(names[i:])) for i, name in enumerate(names)]


def find(data: Any, path: Steps) -> Any:
    """What a path leads to, or MISSING; of a name that itself has dots, the longest counts."""
    for name, rest in path:
        if isinstance(data, dict):
            if rest in data:
                return data[rest]
            if name not in data:
                return MISSING
            data = data[name]
        elif isinstance(data, list) and name.isdecimal() and int(name[:9]) < len(data):
            data = data[int(name[:9])]
        else:
            return MISSING
    return data


def text(template: str, where: str) -> Callable[[Any], str]:
    """The function that puts what the paths in braces lead to in their place.

    It raises Skip (``channel``) where one leads to no text and no whole number, or where the whole
    is too long; ``where`` opens its message.
    """
    if not _TEMPLATE.search(template):
        return lambda _: template
    parts = _TEMPLATE.split(template)
    paths = [steps(part) for part in parts[1::2]]

    def filled(data: Any) -> str:
        said = list(parts)
        said[1::2] = [_name(find(data, path), where) for path in paths]
        whole = "".join(said)
        if len(whole) > TEXT_MAX:
            raise Skip("channel", f"{where}: {whole[:TEXT_MAX]}… is too long for a channel")
        return whole

    return filled


def _name(value: Any, where: str) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Skip("channel", f"{where}: the channel needs a text or a whole number")
    return str(value)
