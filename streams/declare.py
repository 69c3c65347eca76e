"""Declaring: objects of the inventory from files, and onto the registry topic."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import Producer
from pydantic import ValidationError

from streams import topics
from streams.errors import Retry, Skip, Stop
from streams.inventory import KINDS, Declared, Device
from streams.kafka import CALL, producer_options
from streams.plan import DevicePlan, SeriesPlan
from streams.quality import SECOND
from streams.registry import Registry
from streams.settings import Settings
from streams.wire import Wire

KEPT_MAX = 5000
"""Samples of one series that a worker keeps at most."""


def refuse(objects: Iterable[tuple[str, Declared]], horizon: int) -> None:
    """Whether all devices among these objects can be judged; ``horizon`` in microseconds.

    Raises:
        Stop: a device, a profile or a calibration cannot be used; says which and what to do.
    """
    registry = Registry()
    for kind, declared in objects:
        registry = registry.having(kind, declared.id, declared)
    for device in registry.all("device").values():
        codec = registry.get("codec", device.codec)
        for entry in codec.mapping if codec else ():
            try:
                plan = DevicePlan(registry, device).series((entry.property, entry.channel))
            except Skip as why:
                raise Stop(f"device {device.id}: {why}") from why
            _refuse_length(device, entry.property, plan, horizon)


def _refuse_length(device: Device, name: str, plan: SeriesPlan, horizon: int) -> None:
    for segment in plan.segments:
        kept = (horizon + segment.look_back + segment.look_ahead) / (device.nominal_period * SECOND)
        if kept > KEPT_MAX:
            raise Stop(
                f"device {device.id}: {name} would keep {kept:.0f} samples in the workers' state, "
                f"more than {KEPT_MAX}: shorten the longest window of its profile, lengthen its "
                "nominal period, or lower VIGIE_HORIZON_HOURS"
            )


def declare(
    settings: Settings,
    wire: Wire,
    objects: Iterable[tuple[str, Declared]],
    at: int,
    author: str,
) -> None:
    """Publish objects; ``at`` is UTC microseconds and becomes the sequence.

    Raises:
        Stop: they cannot be used as they are; nothing was published.
        Retry: Kafka did not acknowledge all of them.
    """
    objects = list(objects)
    refuse(objects, settings.horizon_hours * 3600 * SECOND)
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
