"""What a word without quotes means: the core schema of YAML 1.2, in YAML and CSV alike.

A number remembers how it was written, so that where a text belongs, as in a serial number, it is
that text: 1.10 stays 1.10, and 013 is no number. Words such as ``no`` and ``on`` are words, and
so are dates and ``12:30``.

Source: YAML 1.2.2, section 10.3.
"""

import re
from math import isinf

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,99})", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.[0-9]+([eE][-+]?[0-9]{1,3})?", re.ASCII)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Integer(int):
    """A whole number and its text."""

    text: str

    def __str__(self) -> str:
        return self.text


class Decimal(float):
    """A number with a point and its text."""

    text: str

    def __str__(self) -> str:
        return self.text


Scalar = str | bool | int | float | None


def scalar(text: str) -> Scalar:
    """The value of a word without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    kind = Integer if _INTEGER.fullmatch(text) else Decimal if _DECIMAL.fullmatch(text) else None
    if kind is None:
        return text
    number = kind(text)
    if isinf(number):
        return text
    number.text = text
    return number
