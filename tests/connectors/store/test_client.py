"""Errors of the store by what the caller does next."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError
from pydantic import SecretStr

from connectors.store.client import answered, connect, named, password
from streams.errors import Retry, Stop
from streams.settings import Settings


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OperationalError("connection refused"), Retry),
        (ConnectionResetError("reset"), Retry),
        (DatabaseError("memory limit", code=241), Retry),
        (DatabaseError("no space", code=243), Retry),
        (DatabaseError("no table", code=60), Stop),
        (DatabaseError("password", code=516), Stop),
    ],
)
def test_an_error_is_named_by_what_comes_next(error: Exception, kind: type[Exception]) -> None:
    assert type(named(error)) is kind


def test_only_a_connection_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.store.client.ATTEMPTS", 2)
    errors: list[Exception] = [OperationalError("reset")]

    def call() -> int:
        if errors:
            raise errors.pop()
        return 7

    assert answered(call) == 7
    errors = [OperationalError("never"), DatabaseError("memory", code=241)]
    with pytest.raises(Retry):
        answered(call)
    assert len(errors) == 1


def test_a_store_that_is_not_there_is_worth_another_try(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.store.client.ATTEMPTS", 1)
    home = tmp_path_factory.mktemp("nothing")
    with pytest.raises(Retry):
        connect(Settings(home=home, clickhouse_url="http://127.0.0.1:9"))


def test_the_password_comes_from_settings_or_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("secret")
    assert password(Settings(home=home)) == ""
    (home / "secrets").mkdir()
    (home / "secrets" / "clickhouse_password").write_text("kept\n")
    assert password(Settings(home=home)) == "kept"
    assert password(Settings(home=home, clickhouse_password=SecretStr("given"))) == "given"


def test_a_wrong_password_stops(servers: Settings) -> None:
    wrong = servers.model_copy(update={"clickhouse_password": SecretStr("wrong")})
    with pytest.raises(Stop, match="password"):
        connect(wrong)
