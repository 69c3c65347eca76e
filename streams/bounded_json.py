"""JSON from outside: bounded before it is parsed, strict, and free of surprises after.

Source: RFC 8259; its section 9 lets a parser limit size, depth, range and content.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from pydantic_core import from_json

from streams.errors import Skip

DEPTH_MAX = 64
VALUES_MAX = 100_000

# A string is skipped whole, a closing quote or not: no position is looked at twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def loads(text: bytes, number: Callable[[str], Any] | None = None) -> Any:
    """The value of a JSON text in UTF-8; ``number`` makes numbers of what is written.

    Raises:
        Skip: ``not_json``: malformed, NaN or Infinity, deeper than 64, more than 100,000 values,
            half a surrogate pair.
    """
    if text.count(b",") > VALUES_MAX:
        raise Skip("not_json", f"more than {VALUES_MAX} values")
    if text.count(b"{") + text.count(b"[") > DEPTH_MAX and _depth(text) > DEPTH_MAX:
        raise Skip("not_json", f"nested deeper than {DEPTH_MAX}")
    if number is None:
        with suppress(ValueError):  # the same value in a third of the time; why not, is told below
            return from_json(text, allow_inf_nan=False, cache_strings="keys")
    try:
        value = (_decoder(number) if number else _PLAIN).decode(text.decode("utf-8-sig"))
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except ValueError as e:
        raise Skip("not_json", f"not JSON: {e}"[:300]) from e
    return value


def _depth(text: bytes) -> int:
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _decoder(number: Callable[[str], Any] | None) -> json.JSONDecoder:
    return json.JSONDecoder(parse_int=number, parse_float=number, parse_constant=_refuse)


_PLAIN = _decoder(None)
"""Made once: it is as dear as a short text."""
