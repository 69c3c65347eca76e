"""Secrets by name: an environment variable or a file of the home, never an inventory."""

from collections.abc import Mapping
from pathlib import Path

from streams.errors import Stop

_SIZE_MAX = 4096


def secret(home: Path, name: str, environment: Mapping[str, str]) -> str | None:
    """The secret ``name``: ``VIGIE_SECRET_<NAME>``, else ``<home>/secrets/<NAME>``; else None.

    Read at every call, so a new secret counts at once; blanks around it do not. ``name`` is one
    that the inventory has validated: capital letters, digits and underscores.

    Raises:
        Stop: the file is there and cannot be read.
    """
    if value := environment.get(f"VIGIE_SECRET_{name}", "").strip():
        return value
    path = home / "secrets" / name
    try:
        with path.open("rb") as file:
            return file.read(_SIZE_MAX).decode("utf-8").strip() or None
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except OSError as e:
        raise Stop(
            f"the secret {path} cannot be read ({e.strerror}): make it a file that the user of "
            f"this process may read (chmod 600), or set VIGIE_SECRET_{name}"
        ) from e
