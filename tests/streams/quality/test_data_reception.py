"""Data reception: the delay of each sample's own arrival."""

from dataclasses import replace

import numpy as np

from streams.quality.data_reception import DATA_RECEPTION, DataReception
from tests.streams.quality.lines import S, columns, line


def test_the_delay_is_from_the_observation_to_its_own_arrival() -> None:
    c = columns(line([(60, 1)] * 6 + [(60, float("nan"))]))
    delay = np.array([-5, 0, 600, 600.000001, 21600, 21600.000001, 0])
    c = replace(c, arrival=c.time + np.rint(delay * S).astype(np.int64))
    found = DATA_RECEPTION.check(c, DataReception(suspect=600)).tolist()
    assert found == [1, 1, 1, 3, 3, 4, 9]
    assert DATA_RECEPTION.check(c, DataReception()).tolist() == [1, 1, 1, 1, 1, 4, 9]
