"""The one way to ClickHouse: clickhouse-connect over HTTP, embedded gateway and server alike.

Source: ClickHouse documentation, "HTTP interface"; error codes in src/Common/ErrorCodes.cpp.
"""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
import stamina
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, Error

from streams.errors import Retry, Stop
from streams.settings import Settings

T = TypeVar("T")

CONNECT = 5
CALL = 60
"""Seconds for a connection and for one call."""

ATTEMPTS = 5
_REMEDY = {
    16: "a column is missing: run `vigie run bootstrap`",
    47: "a column is missing: run `vigie run bootstrap`",
    60: "a table is missing: run `vigie run bootstrap`",
    81: "the database is missing: run `vigie run bootstrap`",
    192: "the user is unknown: check VIGIE_CLICKHOUSE_USER",
    193: "wrong password: check VIGIE_CLICKHOUSE_PASSWORD or secrets/clickhouse_password",
    194: "a password is required: set VIGIE_CLICKHOUSE_PASSWORD",
    497: "the user lacks a right: grant it",
    516: "authentication failed: check VIGIE_CLICKHOUSE_USER and the password",
}
"""Codes after which the same call cannot succeed before somebody has acted."""


def password(settings: Settings) -> str:
    """From the settings, else from ``<home>/secrets/clickhouse_password``, else empty."""
    given = settings.clickhouse_password.get_secret_value()
    kept = settings.home / "secrets" / "clickhouse_password"
    return given or (kept.read_text("utf-8").strip() if kept.is_file() else "")


def connect(settings: Settings) -> Client:
    """A client of the database of the settings; a transport error is tried again for a while.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: it answers that this user or database cannot be used; says what to do.
    """
    url = urlsplit(settings.clickhouse)
    return answered(
        lambda: clickhouse_connect.get_client(
            host=url.hostname,
            port=url.port,
            secure=url.scheme == "https",
            username=settings.clickhouse_user,
            password=password(settings),
            database=settings.clickhouse_database,
            connect_timeout=CONNECT,
            send_receive_timeout=CALL,
            autogenerate_session_id=False,
            tz_mode="aware",
            client_name=settings.application,
        )
    )


def answered(call: Callable[[], T]) -> T:
    """The result of ``call``, which must be safe to repeat; tried again on transport errors.

    Raises:
        Retry: no answer, or a refusal that may pass (memory, disk, too many parts).
        Stop: a refusal that stays until somebody acts.
    """
    try:
        for attempt in stamina.retry_context(on=_transport, attempts=ATTEMPTS, timeout=20.0):
            with attempt:
                return call()
    except (ClickHouseError, OSError) as e:
        raise named(e) from e
    raise AssertionError("a retry context ends in a result or an error")


def named(error: Exception) -> Retry | Stop:
    """The error by what the caller does next."""
    code = getattr(error, "code", None)
    if code in _REMEDY:
        return Stop(f"ClickHouse refuses (code {code}): {_REMEDY[code]}")
    return Retry(f"ClickHouse cannot do it now: {str(error)[:500]}")


def _transport(error: Exception) -> bool:
    """A server that refuses has a code; a connection that failed has none."""
    return isinstance(error, OSError) or (isinstance(error, Error) and error.code is None)
