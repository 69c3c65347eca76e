"""What never leaves the door: credentials in headers and query parameters."""

import re
from collections.abc import Mapping
from functools import lru_cache

_CREDENTIAL = re.compile(
    r"auth|cookie|token|secret|passw|pwd|credential|signature|bearer|jwt|api[-_]?key"
    r"|(^|[-_])(key|sig|pass)$|^referer$|^x-(original|forwarded|rewrite)-ur[il]$",
    re.IGNORECASE,
)
"""The last two: in them a proxy repeats the whole address, a query that was signed included."""


def without(fields: Mapping[str, str], named: frozenset[str] = frozenset()) -> dict[str, str]:
    """The fields that may be kept; ``named`` are those that a network server calls its own."""
    return {
        name: value
        for name, value in fields.items()
        if name.lower() not in named and not _is_credential(name)
    }


@lru_cache(1024)
def _is_credential(name: str) -> bool:
    return _CREDENTIAL.search(name) is not None
