"""Clock: either way, and nothing is said of a device that tells no time."""

import math

from streams.quality.clock import CLOCK, Clock
from tests.streams.quality.lines import columns, line


def test_the_offset_counts_either_way() -> None:
    samples = line([(60, 1.0)] * 6 + [(60, math.nan)])
    c = columns(samples, clock_offset=[0, 300, 300.5, -301, -4000, math.nan, 0])
    assert CLOCK.check(c, Clock()).tolist() == [1, 1, 3, 3, 3, 2, 9]
    assert CLOCK.check(c, Clock(fail=3600)).tolist() == [1, 1, 3, 3, 4, 2, 9]
