"""Losses, resets and repeats, told apart by the frame counter: by hand."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.streams.conditions.feed import MINUTE, START, Worker, city, frame

STEP = 15 * MINUTE


def played(counters: Sequence[int | None], sessions: str = "", **more: Any) -> Worker:
    names = sessions or "s" * len(counters)
    frames = [frame(START + i * STEP, counter=n, session=names[i]) for i, n in enumerate(counters)]
    return Worker(city(**more)).run(*frames)


def kinds(worker: Worker) -> set[str]:
    return {name[1] for name in worker.found}


def test_more_than_a_tenth_lost_and_five_at_least() -> None:
    assert kinds(played([1, 2, 7])) == set()
    worker = played([1, 2, 8])
    assert worker.of("losses") == [(START + 2 * STEP, None, 1)]
    assert worker.reasons("losses") == ["5 of 7 frames of a day lost: 71%"]
    assert kinds(played([*range(45), 50])) == set()
    assert kinds(played([*range(45), 51])) == {"losses"}


def test_it_closes_at_half_of_the_share() -> None:
    start = [1, 2, 8]
    worker = played([*start, *range(9, 101)])
    assert worker.of("losses") == [(START + 2 * STEP, None, 1)]
    worker = played([*start, *range(9, 105)])
    assert [closed for _, closed, _ in worker.of("losses")] == [START + 95 * STEP]


def test_a_counter_that_begins_again_is_a_reset_and_no_loss() -> None:
    worker = played([100, 101, 0, 1])
    assert kinds(worker) == {"reset"}
    assert worker.of("reset") == [(START + 2 * STEP, START + 2 * STEP, 1)]
    assert worker.reasons("reset") == ["the frame counter began again: 0 after 101"]


def test_a_new_session_is_a_reset_whatever_its_counter() -> None:
    worker = played([100, 101, 110, 111], sessions="aabb")
    assert kinds(worker) == {"reset"}
    assert worker.reasons("reset") == ["a new session: 110 after 101"]


def test_sixteen_bits_that_roll_over_are_neither() -> None:
    assert kinds(played([65_534, 65_535, 0, 1])) == set()
    assert kinds(played([65_534, 65_535, 6])) == {"losses"}


def test_thirty_two_bits_do_not_roll_over_there() -> None:
    assert kinds(played([65_535, 65_536, 65_537])) == set()


def test_a_leap_that_no_network_server_takes_is_a_reset() -> None:
    assert kinds(played([1, 2, 20_000, 20_001])) == {"reset"}


def test_the_same_counter_in_other_frames_is_a_repeat_and_neither() -> None:
    worker = played([1, 2, 2, 2, 2, 2, 2])
    assert kinds(worker) == {"repeats"}
    assert worker.of("repeats") == [(START + 6 * STEP, None, 1)]
    assert kinds(played([1, 2, 2, 3, 3, 4])) == set()


def test_frames_without_a_counter_say_nothing() -> None:
    assert kinds(played([None] * 5)) == set()
    assert kinds(played([1, None, 2, None, 3])) == set()


@pytest.mark.parametrize(("forwards", "found"), [(True, {"losses"}), (False, set())])
def test_a_network_that_forwards_a_choice_of_frames_loses_none(
    forwards: bool, found: set[str]
) -> None:
    network = {"id": "tts", "name": "tts", "forwards_every_frame": forwards}
    assert kinds(played([1, 2, 9, 20], more=[("network", network)])) == found
