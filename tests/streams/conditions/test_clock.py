"""Clock: by hand."""

from tests.streams.conditions.feed import MINUTE, SECOND, START, Worker, city, frame

STEP = 15 * MINUTE


def played(*offsets: int | None) -> Worker:
    """Frames of a device whose clock is so many seconds ahead."""
    frames = []
    for i, offset in enumerate(offsets):
        at = START + i * STEP
        told = None if offset is None else at + offset * SECOND
        frames.append(frame(at, device_time=told))
    return Worker(city()).run(*frames)


def test_three_frames_off_open_it_and_one_that_is_right_closes_it() -> None:
    assert played(0, 301, 301).found == {}
    worker = played(0, 301, 400, -500)
    assert worker.of("clock") == [(START + 3 * STEP, None, 1)]
    assert worker.reasons("clock") == ["the device's clock is 500 s behind, in 3 frames"]
    assert played(301, 301, 301, 300).of("clock") == [(START + 2 * STEP, START + 3 * STEP, 1)]


def test_a_device_that_tells_no_time_is_never_wrong() -> None:
    assert played(None, None, None, None).found == {}
    assert played(301, None, 301, None, 301).of("clock") == [(START + 4 * STEP, None, 1)]
