"""The home's secrets: made once, readable by their owner alone."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from embedded.home import FOLDERS, lay_out, with_password
from streams.errors import Stop
from streams.settings import Settings


def test_the_password_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first = with_password(settings, make=True).clickhouse_password.get_secret_value()
    path = tmp_path / "secrets" / "clickhouse_password"
    assert len(first) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert with_password(settings).clickhouse_password.get_secret_value() == first
    assert with_password(settings, make=True).clickhouse_password.get_secret_value() == first


def test_an_empty_password_lets_nobody_in(tmp_path: Path) -> None:
    lay_out(tmp_path)
    path = tmp_path / "secrets" / "clickhouse_password"
    path.touch()
    for make in (True, False):
        with pytest.raises(Stop, match="clickhouse_password is empty: remove it"):
            with_password(Settings(home=tmp_path), make=make)


def test_a_password_that_cannot_be_kept_whole_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        with_password(Settings(home=tmp_path), make=True)
    assert not (tmp_path / "secrets" / "clickhouse_password").exists()


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.touch()
    with pytest.raises(Stop, match="VIGIE_HOME"):
        lay_out(home)


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
