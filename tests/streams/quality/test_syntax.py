"""Syntax: payloads have the lengths that the device sends."""

import math

from streams.quality.syntax import SYNTAX, Syntax
from tests.streams.quality.lines import columns, line


def test_only_the_declared_lengths_are_good() -> None:
    samples = line([(60, 1.0)] * 4 + [(60, math.nan)])
    c = columns(samples, payload_size=[11, 0, 12, math.nan, 11])
    assert SYNTAX.check(c, Syntax(sizes=(11,))).tolist() == [1, 4, 4, 2, 9]
    assert SYNTAX.check(c, Syntax(sizes=(0, 12))).tolist() == [4, 1, 1, 2, 9]
