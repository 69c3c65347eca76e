"""What an object names by ``file`` instead of holding it: the field and how the file is read."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.inventory.formats import Unreadable, nested
from connectors.inventory.formats.csv import rows


def _readings(text: str) -> list[dict[str, Any]]:
    return [
        nested((name, value) for name, value in row if value is not None) for _, row in rows(text)
    ]


def _script(text: str) -> str:
    if not text.strip():
        raise Unreadable("", "the file of the script is empty")
    return text


ATTACHED: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "codec": ("script", _script),
    "session": ("readings", _readings),
}
"""By kind."""
