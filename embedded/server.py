"""What the supervisor must know of a process: what it runs and how to tell that it serves."""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from streams.errors import Stop
from streams.settings import Settings


class Taken(Stop):
    """Somebody else has what is needed, a port or the home; nothing was started."""


def _nothing() -> None:
    """Most processes prepare themselves."""


def _started() -> bool:
    return True


@dataclass(frozen=True)
class Server:
    """A process under supervision, one of ours or a server.

    ``prepare`` runs before every start and must be idempotent; ``ready`` is asked again and
    again until it says yes, and answers within a second or two; ``ports`` names the setting
    behind each port that must be free; ``environment`` is added to the supervisor's;
    ``patience`` and ``grace`` are seconds until it must be ready and, once told to stop, gone.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = _started
    prepare: Callable[[], None] = _nothing
    ports: Mapping[str, int] = field(default_factory=dict)
    host: str = "127.0.0.1"
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    patience: float = 60.0
    grace: float = 15.0


def listens(host: str, port: int) -> bool:
    """Something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def environment(settings: Settings, **other: str) -> dict[str, str]:
    """The settings as environment, so that a child of this process has exactly the same.

    Secrets that are empty are left out: the child finds them where its parent would.
    """
    told = {}
    for name, value in settings:
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        if text or not isinstance(value, SecretStr):
            told[f"VIGIE_{name.upper()}"] = text
    return told | {f"VIGIE_{name.upper()}": value for name, value in other.items()}
