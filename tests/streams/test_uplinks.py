"""An event is known once its arrival is."""

from streams.uplinks import UNTIMED, Event


def test_without_a_time_each_arrival_is_a_message_of_its_own() -> None:
    event = Event("uplink", "D", "k", UNTIMED, payload=b"")
    first, second = event.met(0), event.met(1)
    assert (first.observed_at, second.observed_at) == (0, 1)
    assert first.dedup != second.dedup
    assert event.met(0) == first


def test_a_time_of_its_own_stays() -> None:
    event = Event("uplink", "D", "k", 0)
    assert event.met(5) is event
