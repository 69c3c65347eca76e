"""Who may ask what.

chDB has no users. The gateway knows one that writes, and may know one that reads: that one asks
the queries of the catalogue by name and binds their parameters, and never sends SQL.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from embedded.clickhouse.refusal import Code, Refusal


@dataclass(frozen=True)
class User:
    """``limits`` are settings that hold for each of the user's statements; ``sql`` says whether
    they may be the user's own, and carry settings of their own; ``database`` is the only one
    that the user may name, empty for any."""

    name: str
    password: SecretStr
    sql: bool
    limits: Mapping[str, str]
    database: str = ""


WRITER_LIMITS: Mapping[str, str] = {
    "max_memory_usage": str(1 << 30),
    "max_bytes_before_external_group_by": str(256 << 20),
    "max_bytes_before_external_sort": str(256 << 20),
}
READER_LIMITS: Mapping[str, str] = {
    "max_memory_usage": str(512 << 20),
    "max_execution_time": "30",
    "max_result_rows": "1000000",
    "readonly": "1",
}


def writer(name: str, password: SecretStr) -> User:
    """The user of vigie's own processes and of the operator."""
    return User(name, password, sql=True, limits=WRITER_LIMITS)


def reader(name: str, password: SecretStr, database: str) -> User:
    """A user who reads through the catalogue alone."""
    return User(name, password, sql=False, limits=READER_LIMITS, database=database)


def credentials(headers: Mapping[str, str], query: Mapping[str, str]) -> tuple[str, str]:
    """User and password in the order ClickHouse looks: its headers, Basic, the query string."""
    if "x-clickhouse-user" in headers:
        return headers["x-clickhouse-user"], headers.get("x-clickhouse-key", "")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(value)
    return query.get("user", "default"), query.get("password", "")


def authenticate(users: Sequence[User], name: str, password: str) -> User:
    """The user; how long it takes tells neither who exists nor how much of a password is right.

    Raises:
        Refusal: no such user, or another password.
    """
    found = None
    for user in users:
        same_name = _same(user.name, name)
        if _same(user.password.get_secret_value(), password) and same_name:
            found = user
    if found is None:
        raise Refusal(
            Code.AUTHENTICATION_FAILED,
            "Authentication failed: the password is wrong, or there is no such user.",
        )
    return found


def _basic(value: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _same(ours: str, theirs: str) -> bool:
    digests = (hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (ours, theirs))
    return hmac.compare_digest(*digests)
