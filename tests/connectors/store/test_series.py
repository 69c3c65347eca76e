"""Series for a comparison, from the real store."""

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store.series import usable
from connectors.store.tables import arrow
from streams.errors import Stop
from tests.connectors.store.records import MINUTE, START, observation

KEY = ("fill_level", "")


def test_only_what_is_usable_is_read(client: Client) -> None:
    flags = {0: 1, 1: 2, 2: 3, 3: 4, 4: 9}
    rows = [
        observation(at=START + n * MINUTE, flag=flag, value=None if flag == 9 else 40.0 + n)
        for n, flag in flags.items()
    ]
    rows += [observation(at=START, channel="2"), observation("B", at=START, value=7.0)]
    client.insert_arrow("observations", arrow("observations", rows))
    found = usable(client, "A", KEY, START, START + 10 * MINUTE)
    assert ((found.time - START) // MINUTE).tolist() == [0, 1]
    assert found.value.tolist() == [40, 41]
    assert usable(client, "A", KEY, START, START + 1, raw=True).value.tolist() == [41.96]
    with pytest.raises(Stop, match="no usable value of B, fill_level"):
        usable(client, "B", KEY, START + 1, START + 2)
