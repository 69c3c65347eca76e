"""The device that a body seems to name, found without reading the body."""

import re
from collections.abc import Callable

from connectors import json_fields as fields
from streams.errors import Skip
from streams.inventory import Source


def named(field: str, before: str = "") -> Callable[[Source, bytes], str | None]:
    """What the first JSON field of that name says, without what stands ``before`` it (a pattern).

    One search, whatever the size of a body and whatever else is in it.
    """
    value = rf'"{re.escape(field)}"\s*:\s*"?(?:{before})([A-Za-z0-9 _.:/-]{{1,128}})'
    pattern = re.compile(value.encode())

    def device(_: Source, body: bytes) -> str | None:
        match = pattern.search(body)
        return _one(match[1].decode()) if match else None

    return device


def _one(name: str) -> str | None:
    """A DevEUI in its one form, else the id as it is; None where it can be neither."""
    try:
        return fields.device(name.rstrip(":/"), "it")
    except Skip:
        return None
