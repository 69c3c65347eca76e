"""What is declared, on a compacted topic: read to its end before the first uplink, then followed.

A ``Registry`` is a frozen snapshot; the judgement takes one as an argument and never looks it up.
"""

import json
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog
import yaml
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from pydantic import ValidationError

from streams import topics
from streams.errors import Retry, Skip, Stop
from streams.inventory import KINDS, Declared
from streams.kafka import CALL, consumer_options, high_watermarks, producer_options
from streams.settings import Settings
from streams.wire import Wire

log = structlog.get_logger()
_POLL = 0.2
_REFRESH = 1.0


@dataclass(frozen=True)
class Registry:
    """Everything declared, by kind and id. ``generation`` grows with every change."""

    objects: Mapping[str, Mapping[str, Declared]] = field(default_factory=dict)
    generation: int = 0

    def get(self, kind: str, object_id: str) -> Any | None:
        """The object, or None."""
        return self.objects.get(kind, {}).get(object_id)

    def all(self, kind: str) -> Mapping[str, Any]:
        """All objects of a kind by id."""
        return MappingProxyType(self.objects.get(kind, {}))

    def having(self, kind: str, object_id: str, declared: Declared | None) -> "Registry":
        """A snapshot with one object put in its place, or removed."""
        of_kind = dict(self.objects.get(kind, {}))
        if declared is None:
            of_kind.pop(object_id, None)
        else:
            of_kind[object_id] = declared
        return replace(
            self, objects={**self.objects, kind: of_kind}, generation=self.generation + 1
        )


def fold(registry: Registry, key: bytes, message: bytes | None, wire: Wire) -> Registry:
    """The next snapshot after one message of the registry topic.

    Raises:
        Skip: the message is no declaration that this version understands.
    """
    kind, _, object_id = key.decode().partition("/")
    if message is None:
        return registry.having(kind, object_id, None)
    name, record = wire.decode(message)
    if name != "Declaration" or kind not in KINDS:
        raise Skip("declaration", f"{key!r} is not a declaration of a known kind")
    try:
        declared = KINDS[kind].model_validate_json(record["body"])
    except ValidationError as e:
        raise Skip("declaration", f"{key!r}: {e}") from e
    return registry.having(kind, object_id, declared)


@dataclass(frozen=True)
class Declarations:
    """How a handler learns what is declared.

    ``current`` costs nothing; ``fresh`` waits for what is already on the topic, and is asked
    before something is said to be undeclared.
    """

    current: Callable[[], Registry]
    fresh: Callable[[], Registry]


class Follower:
    """Keeps ``current`` up to date in a thread of its own."""

    def __init__(self, settings: Settings, wire: Wire) -> None:
        self._settings, self._wire = settings, wire
        self._topic = topics.REGISTRY.name(settings.topic_prefix)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="registry", daemon=True)
        self._read: dict[int, int] = {}
        self._refreshed = -math.inf
        self.current = Registry()

    @property
    def declarations(self) -> Declarations:
        """For the handlers."""
        return Declarations(lambda: self.current, self.fresh)

    def fresh(self) -> Registry:
        """The snapshot after all that is on the topic now; at most one look a second.

        Where Kafka does not answer, the snapshot that we have.
        """
        if time.monotonic() - self._refreshed < _REFRESH:
            return self.current
        try:
            ends = high_watermarks(self._settings, self._topic)
        except Retry as e:
            log.warning("registry_not_refreshed", reason=str(e))
            return self.current
        deadline = time.monotonic() + _REFRESH
        while time.monotonic() < deadline and self._behind(ends):
            time.sleep(_POLL / 20)
        self._refreshed = time.monotonic()
        return self.current

    def start(self) -> "Follower":
        """Read the topic to its high watermark, then go on in the background.

        Raises:
            Retry: the broker does not answer in time.
        """
        ends = high_watermarks(self._settings, self._topic)
        group = f"{self._settings.application}-registry"
        self._consumer = Consumer(
            consumer_options(self._settings, group, enable_partition_eof=True)
        )
        self._consumer.assign([TopicPartition(self._topic, p, 0) for p in ends])
        while self._behind(ends):
            message = self._consumer.poll(CALL)
            if message is None:
                raise Retry("the registry topic cannot be read to its end")
            self._take(message)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def _behind(self, ends: Mapping[int, int]) -> bool:
        return any(self._read.get(p, 0) < end for p, end in ends.items())

    def _follow(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(_POLL)
            if message is not None:
                self._take(message)

    def _take(self, message: Any) -> None:
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            log.warning("registry_read", reason=str(error))
            return
        if error is None:
            try:
                self.current = fold(self.current, message.key(), message.value(), self._wire)
            except Skip as e:
                log.warning("declaration_ignored", key=str(message.key()), reason=str(e))
        self._read[message.partition()] = int(message.offset()) + (error is None)


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
