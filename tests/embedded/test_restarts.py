"""Back-off and failure of a process that keeps ending, on a clock of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from embedded.restarts import FIRST, LIMIT, WINDOW, pause


def test_each_end_within_a_minute_waits_twice_as_long() -> None:
    ends = [10.0 * n for n in range(LIMIT)]
    waits = [pause(ends[: n + 1], ends[n]) for n in range(LIMIT)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_after_five_restarts_in_a_minute_it_has_failed() -> None:
    assert pause([0.0, 1.0, 2.0, 3.0, 4.0], 4.0) is not None
    assert pause([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 5.0) is None


def test_what_ends_seldom_is_restarted_for_ever_without_delay() -> None:
    assert pause([n * WINDOW for n in range(100)], 99 * WINDOW) == FIRST


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_old_ends_never_count(ends: list[float]) -> None:
    now = max(ends)
    recent = [e for e in ends if now - e < WINDOW]
    assert pause(ends, now) == pause(recent, now)
