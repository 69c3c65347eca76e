"""The home's secrets: made once, readable by their owner alone."""

from pathlib import Path

from pydantic import SecretStr

from embedded.home import FOLDERS, lay_out, with_password
from streams.settings import Settings


def test_the_password_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first = with_password(settings, make=True).clickhouse_password.get_secret_value()
    path = tmp_path / "secrets" / "clickhouse_password"
    assert len(first) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert with_password(settings).clickhouse_password.get_secret_value() == first
    assert with_password(settings, make=True).clickhouse_password.get_secret_value() == first


def test_a_password_that_is_set_wins(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, clickhouse_password=SecretStr("given"))
    assert with_password(settings, make=True) is settings
    assert not (tmp_path / "secrets").exists()


def test_another_clickhouse_gets_no_invented_password(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, clickhouse_url="http://store:8123")
    assert with_password(settings, make=True).clickhouse_password.get_secret_value() == ""


def test_only_the_owner_enters_the_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    lay_out(home)
    lay_out(home)
    for folder in ("", *FOLDERS):
        assert (home / folder).stat().st_mode & 0o077 == 0
