"""The usable values of one series, for a comparison with a reference."""

from datetime import UTC, datetime, timedelta

import numpy as np
from clickhouse_connect.driver.client import Client

from connectors.store.batch import ask
from streams.applicable import Key
from streams.errors import Stop
from streams.fit.track import Track

MOST = 1_000_000
"""Samples: two years of minutes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def usable(
    client: Client, device: str, key: Key, since: int, until: int, *, raw: bool = False
) -> Track:
    """The values flagged 1 or 2 of ``[since, until)``, UTC microseconds; ``raw``: before they were
    calibrated.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: there are none, or too many; ClickHouse refuses until somebody acts.
    """
    found = usable_if_any(client, device, key, since, until, raw=raw)
    if not len(found.time):
        raise Stop(
            f"no usable value {_span(device, key, since, until)}: look at `vigie status`, or at "
            "their flags"
        )
    return found


def usable_if_any(
    client: Client, device: str, key: Key, since: int, until: int, *, raw: bool = False
) -> Track:
    """The same, which may be none.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: there are too many; ClickHouse refuses until somebody acts.
    """
    bound = {"device": device, "property": key[0], "channel": key[1], "limit": MOST + 1}
    rows = ask(client, "usable", **bound, since=_time(since), until=_time(until))
    if len(rows) > MOST:
        said = _span(device, key, since, until)
        raise Stop(f"more than {MOST} values {said}: compare a shorter time")
    time = [(row["observed_at"] - _EPOCH) // timedelta(microseconds=1) for row in rows]
    value = [row["raw" if raw else "value"] for row in rows]
    return Track(np.array(time, np.int64), np.array(value, np.float64))


def _span(device: str, key: Key, since: int, until: int) -> str:
    named = " ".join(filter(None, key))
    return f"of {device}, {named}, from {_time(since)} to {_time(until)}"


def _time(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)
