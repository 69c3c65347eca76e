"""What is written of a device while it rests takes its place, whatever hour it is of."""

import numpy as np

from streams.chunks import pack
from streams.device_state import HOUR, DeviceState, Series
from streams.resting import Resting
from streams.samples import ROW

KEY = ("p", "")


def chunk(hour: int, value: float = 0.0) -> bytes:
    rows = np.zeros(1, ROW)
    rows["at"], rows["value"] = hour * HOUR + 5, value
    packed = pack(DeviceState({KEY: Series(rows)}), hour * HOUR)
    assert packed
    return packed


def folded(*hours: int) -> Resting:
    resting = Resting()
    for hour in hours:
        resting.put(hour * HOUR, chunk(hour))
    resting.fold()
    return resting


def told(resting: Resting) -> list[tuple[int, float]]:
    series = resting.awake().series
    rows = series[KEY].rows if KEY in series else np.empty(0, ROW)
    return [(int(row["at"]) // HOUR, float(row["value"])) for row in rows]


def test_the_newest_hour_stays_out_of_the_block() -> None:
    resting = folded(1, 2, 3)
    assert list(resting.recent) == [3 * HOUR]
    assert told(resting) == [(1, 0), (2, 0), (3, 0)]


def test_an_hour_of_the_block_is_replaced_or_goes() -> None:
    resting = folded(1, 2, 3)
    resting.put(1 * HOUR, chunk(1, 7.0))
    resting.put(2 * HOUR, None)
    for _ in range(2):
        assert told(resting) == [(1, 7), (3, 0)]
        resting.fold()


def test_hours_that_are_all_older_than_the_block_reaches_are_folded_too() -> None:
    resting = folded(3, 4, 5)
    resting.fold()
    resting.recent.clear()
    resting.put(1 * HOUR, chunk(1))
    resting.put(2 * HOUR, chunk(2))
    resting.fold()
    assert not resting.recent
    assert told(resting) == [(1, 0), (2, 0), (3, 0), (4, 0)]


def test_what_is_gone_does_not_come_back_with_what_is_late() -> None:
    resting = folded(1, 2, 3, 4)
    resting.forget(3 * HOUR)
    resting.put(1 * HOUR, chunk(1, 7.0))
    resting.forget(2 * HOUR)
    assert told(resting) == [(3, 0), (4, 0)]
    resting.put(5 * HOUR, chunk(5))
    for _ in range(2):
        resting.fold()
        assert told(resting) == [(3, 0), (4, 0), (5, 0)]


def test_its_size_is_that_of_what_it_holds() -> None:
    resting = Resting()
    grown = sum(resting.put(hour * HOUR, chunk(hour, hour)) for hour in (1, 2, 1, 3))
    grown += resting.put(3 * HOUR, None)
    assert grown == resting.size == sum(map(len, resting.recent.values()))
