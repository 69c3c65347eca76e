"""One source as the inventory declares it, from a file of its own."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from streams.errors import Stop
from streams.inventory import Source

_SIZE_MAX = 1 << 20


def read(path: Path, network: str) -> Source:
    """The source of a YAML file: an object, or an inventory's ``source`` with one entry.

    ``network`` is its network if it says none.

    Raises:
        Stop: the file holds no valid source, or one of another network.
    """
    try:
        with path.open("rb") as file:
            told = yaml.safe_load(file.read(_SIZE_MAX))
    except OSError as e:
        raise Stop(f"{path} cannot be read: {e.strerror}") from e
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        raise Stop(f"{path} is no YAML: {e}") from e
    declared = _one(told)
    if declared is None:
        raise Stop(f"{path}: one source is expected, as an object or as `source: [{{…}}]`")
    try:
        source = Source.model_validate({"network": network} | declared)
    except ValidationError as e:
        wrong = "; ".join(f"{'.'.join(map(str, w['loc']))}: {w['msg']}" for w in e.errors())
        raise Stop(f"{path}: {wrong}") from None
    if source.network != network:
        raise Stop(f"{path}: source {source.id} is of {source.network}, not of {network}")
    return source


def _one(told: Any) -> dict[str, Any] | None:
    found = told.get("source", told) if isinstance(told, dict) else told
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if isinstance(found, dict) else None
