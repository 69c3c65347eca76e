"""What the door last knew, in a file, so that it can open while Kafka is away.

The sources that were declared and the id of the uplinks' schema; no secret is in either.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from streams.inventory import Source
from streams.settings import Settings, masked
from streams.wire import schemas

log = structlog.get_logger()
RECORD = "Uplink"
_SIZE_MAX = 64 << 20


@dataclass(frozen=True)
class Remembered:
    """The id of the uplinks' schema, and the sources by id."""

    schema_id: int
    sources: dict[str, Source]


_FORM = TypeAdapter(dict[str, Source])


def path(settings: Settings) -> Path:
    """The file, one a webhook."""
    return settings.home / "data" / "spool" / settings.worker_name / "last-seen.json"


def recall(settings: Settings) -> Remembered | None:
    """What was written last; None where that is nothing, or of other servers or another schema."""
    try:
        with path(settings).open("rb") as file:
            told = json.loads(file.read(_SIZE_MAX))
        if told["of"] != _of(settings):
            return None
        return Remembered(int(told["schema_id"]), _FORM.validate_python(told["sources"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as e:
        log.warning("memory_unreadable", path=str(path(settings)), reason=str(e)[:300])
        return None


def write(settings: Settings, schema_id: int, sources: Iterable[Source]) -> None:
    """Remember; the file is whole at any moment.

    Raises:
        OSError: it cannot be written; the former one stays.
    """
    told = {
        "of": _of(settings),
        "schema_id": schema_id,
        "sources": {s.id: s.model_dump(mode="json", exclude_none=True) for s in sources},
    }
    file = path(settings)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The folder is this webhook's alone; one name, so that a full disk is not filled with drafts.
    draft = file.with_name(".last-seen")
    with draft.open("w", encoding="utf-8") as written:
        json.dump(told, written)
        written.flush()
        os.fsync(written.fileno())
    draft.replace(file)


def _of(settings: Settings) -> list[str]:
    """What this memory holds for: an id means nothing to another registry."""
    servers = (settings.kafka, settings.schema_registry)
    return [*map(masked, servers), settings.topic_prefix, schemas()[RECORD].fingerprint]
