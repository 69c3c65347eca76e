"""Syntax: a payload of a length that the device does not send.

Source: QARTOD, test "syntax" (required): a message is whole or it is not. What cannot be decoded
at all never becomes a sample; this test catches the frame of another firmware or port that a
codec reads all the same.
"""

import numpy as np
from pydantic import Field

from streams.quality import (
    FAIL,
    GOOD,
    MISSING,
    UNKNOWN,
    Columns,
    Flags,
    Numbers,
    Params,
    QualityTest,
    number,
)

PAYLOAD_SIZE = "payload_size"


class Syntax(Params):
    """The lengths that the device sends, in bytes."""

    sizes: tuple[int, ...] = Field(min_length=1, max_length=256)


def _check(columns: Columns, params: Syntax) -> Flags:
    size = columns.sibling(PAYLOAD_SIZE)
    flags = np.where(np.isin(size, params.sizes), np.uint8(GOOD), np.uint8(FAIL))
    flags[np.isnan(size)] = UNKNOWN
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, _params: Syntax, i: int) -> Numbers:
    return {"size_bytes": number(columns.sibling(PAYLOAD_SIZE)[i])}


SYNTAX = QualityTest("syntax", Syntax, _check, inputs=lambda _: (PAYLOAD_SIZE,), explain=_explain)
