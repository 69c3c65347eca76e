"""What is done beside the ticks does not die unseen."""

import threading

from streams.ticks import _beside


def test_what_escapes_beside_stops_the_process_and_is_raised_by_it() -> None:
    stop, failed = threading.Event(), list[BaseException]()

    def work(given: threading.Event) -> None:
        assert given is stop
        raise KeyError("beside")

    _beside(work, stop, failed)
    assert stop.is_set()
    assert [type(e) for e in failed] == [KeyError]
