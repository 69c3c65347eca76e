"""Declaring: objects of the inventory from files, and onto the registry topic."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import Producer
from pydantic import ValidationError

from streams import topics
from streams.errors import Retry, Stop
from streams.inventory import KINDS, Declared
from streams.kafka import CALL, producer_options
from streams.settings import Settings
from streams.wire import Wire


def declare(
    settings: Settings,
    wire: Wire,
    objects: Iterable[tuple[str, Declared]],
    at: int,
    author: str,
) -> None:
    """Publish objects; ``at`` is UTC microseconds and becomes the sequence.

    Raises:
        Retry: Kafka did not acknowledge all of them.
    """
    producer = Producer(producer_options(settings))
    topic = topics.REGISTRY.name(settings.topic_prefix)
    failed: list[str] = []

    def report(error: Any, _message: Any) -> None:
        if error:
            failed.append(str(error))

    for kind, declared in objects:
        body = declared.model_dump_json(by_alias=True, exclude_none=True)
        record = {
            "kind": kind,
            "id": declared.id,
            "sequence": at,
            "declared_at": at,
            "author": author,
            "body": body,
        }
        key = f"{kind}/{declared.id}".encode()
        producer.produce(topic, wire.encode("Declaration", record), key, on_delivery=report)
        producer.poll(0)
    if producer.flush(CALL) or failed:
        raise Retry(f"not everything declared was acknowledged: {failed[:3]}")


def load_inventory(folder: Path) -> list[tuple[str, Declared]]:
    """The objects of a folder of YAML files, each a mapping of kinds to lists.

    Raises:
        Stop: a file that is not YAML or an object that is not valid; says which and why.
    """
    found: list[tuple[str, Declared]] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            content = yaml.safe_load(path.read_text("utf-8")) or {}
        except yaml.YAMLError as e:
            raise Stop(f"{path}: {e}") from e
        for kind, items in content.items():
            found += [(kind, _declared(path, kind, item)) for item in items]
    return found


def _declared(path: Path, kind: str, item: Any) -> Declared:
    if kind not in KINDS:
        raise Stop(f"{path}: no kind {kind!r}; known: {', '.join(KINDS)}")
    if isinstance(item, dict) and "file" in item:
        item = {**item, "script": (path.parent / item["file"]).read_text("utf-8")}
        del item["file"]
    try:
        return KINDS[kind].model_validate(json.loads(json.dumps(item, default=str)))
    except ValidationError as e:
        raise Stop(f"{path}: {kind} {item.get('id', '?')}: {e}") from e
