"""The contract of a codec in Python: one file of ``streams/codecs/python/`` exports one.

Whatever it says depends on its arguments alone; it runs in the sandbox, within the limits of
any codec.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

import streams.codecs.python
from streams.discover import discover
from streams.errors import Skip

Decode = Callable[[int | None, bytes, int], Mapping[str, Any]]


@dataclass(frozen=True)
class PayloadCodec:
    """``decode(port, payload, at)`` gives the object that a mapping reads, fit for JSON.

    ``port`` is the FPort, ``at`` the time of the frame in UTC microseconds. It raises ValueError
    on a payload that is not of its format.
    """

    name: str
    decode: Decode


@cache
def python_codecs() -> Mapping[str, PayloadCodec]:
    """Every codec in Python by its name."""
    return discover(streams.codecs.python, PayloadCodec)


@cache
def fingerprint(name: str) -> str:
    """The name of a codec and the hash of the text of its file: another text, another codec.

    Raises:
        Skip: ``unknown_codec``: there is none of that name.
    """
    codec = python_codecs().get(name)
    if codec is None:
        known = ", ".join(sorted(python_codecs()))
        raise Skip("unknown_codec", f"no codec in Python is called {name!r}; there are: {known}")
    module = inspect.getmodule(codec.decode)
    text = inspect.getsource(module) if module else ""
    return f"{name} {blake2b(text.encode(), digest_size=16).hexdigest()}"
