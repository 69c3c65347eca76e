"""The home folder: what lies where, and its secrets."""

import secrets
from pathlib import Path

from pydantic import SecretStr

from streams.settings import Settings

FOLDERS = (
    "data/kafka",
    "data/schema-registry",
    "data/clickhouse",
    "logs",
    "run",
    "secrets",
)
CLICKHOUSE_PASSWORD = "clickhouse_password"  # noqa: S105 - the name of a file


def lay_out(home: Path) -> None:
    """Make the folders that are missing; only the owner may enter."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in FOLDERS:
        (home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)


def with_password(settings: Settings, *, make: bool = False) -> Settings:
    """The settings with the embedded ClickHouse's password from the home.

    ``make`` lets the first start invent it. A password that is set, or a ClickHouse of somebody
    else's, is left as it is.
    """
    if settings.clickhouse_url or settings.clickhouse_password.get_secret_value():
        return settings
    path = settings.home / "secrets" / CLICKHOUSE_PASSWORD
    if make and not path.exists():
        _write(path, secrets.token_urlsafe(24))
    if not path.exists():
        return settings
    password = SecretStr(path.read_text("utf-8").strip())
    return settings.model_copy(update={"clickhouse_password": password})


def _write(path: Path, secret: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret, "utf-8")
