"""Erasing from the store: rows leave the parts on the disk before the call returns.

Source: ClickHouse documentation, "ALTER TABLE … DELETE" (mutations_sync).
"""

import re
from collections.abc import Iterable, Mapping
from functools import partial

from clickhouse_connect.driver.client import Client

from connectors.store.client import answered
from streams.erasures import Span
from streams.windows import HOLD_MAX

LEAST, MOST = -2_208_988_800_000_000, 10_413_791_999_000_000
"""Microseconds of the first and the last instant that a DateTime64(6) holds."""

_SINCE = "fromUnixTimestamp64Micro({since:Int64}, 'UTC')"
_UNTIL = "fromUnixTimestamp64Micro({until:Int64}, 'UTC')"
_DEVICE = "device = {device:String}"
_OWNED = "fromUnixTimestamp64Micro({owned:Int64}, 'UTC')"
_OWNED_SINCE = """
SELECT toUnixTimestamp64Micro(min(at)) - 1000000 *
    (SELECT max(value) FROM parameters FINAL WHERE name = 'horizon_seconds')
FROM frontier FINAL WHERE topic = 'windows'
"""
_BEGINS = f"subtractSeconds(start, if(held > 0, {HOLD_MAX // 1_000_000}, 0))"
_OBSERVED = f"{_DEVICE} AND observed_at >= {_SINCE} AND observed_at < {_UNTIL}"
_TOUCHED = f"{_DEVICE} AND {_BEGINS} < {_UNTIL} AND addSeconds(start, duration) > {_SINCE}"
_ALERT = (
    "subject_kind = 'device' AND subject = {device:String} "
    f"AND opened_at >= {_SINCE} AND opened_at < {_UNTIL}"
)
_DAYS = (
    f"{_DEVICE} AND toDateTime64(day, 6, 'UTC') >= {_SINCE} "
    f"AND addDays(toDateTime64(day, 6, 'UTC'), 1) <= {_UNTIL}"
)
_CONDITIONS: Mapping[str, str] = {
    "observations": _OBSERVED,
    "windows": (
        f"{_TOUCHED} AND "
        f"(start >= {_SINCE} AND addSeconds(start, duration) <= {_UNTIL} OR start < {_OWNED})"
    ),
    "observation_history": _OBSERVED,
    "window_history": _TOUCHED,
    "device_events": _OBSERVED,
    "conditions": f"{_DEVICE} AND opened_at >= {_SINCE} AND opened_at < {_UNTIL}",
    "alerts": _ALERT,
    "alert_transitions": _ALERT,
    "pending": _DAYS,
    "pending_late": _DAYS,
    "dead_letters": (f"match(message, {{word:String}}) AND at >= {_SINCE} AND at < {_UNTIL}"),
}
"""What goes of each table. A window that reaches over an end of the span, or in which a value of
the span may have held, goes where live judgement, which has computed it anew, does not own it any
more."""


def erase_rows(client: Client, device: str, span: Span) -> dict[str, int]:
    """Rows that went, by table; a second time it finds none.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: it refuses until somebody acts.
    """
    bound = _bound(client, device, span)
    return {table: _delete(client, table, where, bound) for table, where in _CONDITIONS.items()}


def count_rows(client: Client, device: str, span: Span) -> dict[str, int]:
    """Rows that would go, by table; of a row that was written twice both count.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: it refuses until somebody acts.
    """
    bound = _bound(client, device, span)
    return {table: _count(client, table, where, bound) for table, where in _CONDITIONS.items()}


def erase_letters(client: Client, places: Iterable[tuple[str, int, int]]) -> int:
    """Summaries of dead letters by where their messages were read: topic, partition, offset."""
    where = "(topic, partition, offset) IN {places:Array(Tuple(String, UInt32, UInt64))}"
    found = sorted(set(places))
    return _delete(client, "dead_letters", where, {"places": found}) if found else 0


def _bound(client: Client, device: str, span: Span) -> dict[str, object]:
    owned = int(answered(partial(client.query, _OWNED_SINCE)).result_rows[0][0] or 0)
    since, until = max(span[0], LEAST), min(span[1], MOST)
    named = {"device": device, "word": word(device)}
    return {**named, "since": since, "until": until, "owned": max(owned, 0)}


def word(device: str) -> str:
    """The pattern of RE2 that finds an id in a message, and not as a part of another's id."""
    return rf"(?i)(?:^|[^0-9A-Za-z]){re.escape(device)}(?:[^0-9A-Za-z]|$)"


def _count(client: Client, table: str, where: str, bound: Mapping[str, object]) -> int:
    sql = f"SELECT count() FROM {table} WHERE {where}"  # noqa: S608
    asked = partial(client.query, sql, parameters=dict(bound))
    return int(answered(asked).result_rows[0][0])


def _delete(client: Client, table: str, where: str, bound: Mapping[str, object]) -> int:
    rows = _count(client, table, where, bound)
    if rows:
        sql = f"ALTER TABLE {table} DELETE WHERE {where}"
        settings = {"mutations_sync": 2, "allow_nondeterministic_mutations": 1}
        answered(partial(client.command, sql, parameters=dict(bound), settings=settings))
    return rows
