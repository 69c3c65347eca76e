"""Who gets in, and with what."""

import base64

import pytest
from pydantic import SecretStr

from embedded.clickhouse.access import authenticate, credentials, reader, writer
from embedded.clickhouse.refusal import Refusal

USERS = (writer("vigie", SecretStr("w")), reader("reader", SecretStr("r"), "vigie"))


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({"x-clickhouse-user": "a", "x-clickhouse-key": "b"}, {"user": "z"}, ("a", "b")),
        (basic("a:b:c"), {}, ("a", "b:c")),
        ({}, {"user": "a", "password": "b"}, ("a", "b")),
        ({}, {}, ("default", "")),
        ({"authorization": "Basic !"}, {"user": "a", "password": "b"}, ("", "")),
        ({"authorization": "Bearer x"}, {}, ("default", "")),
    ],
)
def test_credentials_are_where_clickhouse_takes_them(
    headers: dict[str, str], query: dict[str, str], expected: tuple[str, str]
) -> None:
    assert credentials(headers, query) == expected


def test_each_user_has_one_password() -> None:
    assert [authenticate(USERS, u, p).sql for u, p in (("vigie", "w"), ("reader", "r"))] == [
        True,
        False,
    ]
    for name, password in (("vigie", "r"), ("reader", "w"), ("vigie", ""), ("", ""), ("x", "w")):
        with pytest.raises(Refusal) as refused:
            authenticate(USERS, name, password)
        assert (refused.value.code, refused.value.status) == (516, 403)
