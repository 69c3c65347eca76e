"""The home folder: what lies where, and its secrets."""

import os
import secrets
import tempfile
from pathlib import Path

from pydantic import SecretStr

from streams.errors import Stop
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
    """Make the folders that are missing; only the owner may enter.

    Raises:
        Stop: the home cannot be a folder.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in FOLDERS:
            (home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as e:
        raise Stop(
            f"the home {home} cannot be used ({e.strerror}: {e.filename}): "
            "name a folder of yours with --home or VIGIE_HOME"
        ) from e


def with_password(settings: Settings, *, make: bool = False) -> Settings:
    """The settings with the embedded ClickHouse's password from the home.

    ``make`` lets the first start invent it. A password that is set, or a ClickHouse of somebody
    else's, is left as it is.

    Raises:
        Stop: the file is empty; a writer without password would let everybody write.
    """
    if settings.clickhouse_url or settings.clickhouse_password.get_secret_value():
        return settings
    path = settings.home / "secrets" / CLICKHOUSE_PASSWORD
    if make and not path.exists():
        _write(path, secrets.token_urlsafe(24))
    if not path.exists():
        return settings
    password = path.read_text("utf-8").strip()
    if not password:
        raise Stop(f"{path} is empty: remove it and start again")
    return settings.model_copy(update={"clickhouse_password": SecretStr(password)})


def _write(path: Path, secret: str) -> None:
    """There whole or not at all, so that no crash leaves an empty secret."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes a file that only its owner can read.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
