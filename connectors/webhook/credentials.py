"""What never leaves the door: credentials in headers and query parameters."""

import re
from collections.abc import Mapping

_CREDENTIAL = re.compile(
    r"auth|cookie|token|secret|passw|pwd|credential|signature|api[-_]?key|(^|[-_])key$",
    re.IGNORECASE,
)


def without(fields: Mapping[str, str], named: frozenset[str] = frozenset()) -> dict[str, str]:
    """The fields that may be kept; ``named`` are those that a network server calls its own."""
    return {
        name: value
        for name, value in fields.items()
        if name.lower() not in named and not _CREDENTIAL.search(name)
    }
