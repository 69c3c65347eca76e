"""What is declared, as a snapshot: the fold of the registry topic.

A ``Registry`` is a frozen snapshot; the judgement takes one as an argument and never looks it up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError

from streams import layers
from streams.errors import Skip
from streams.inventory import KINDS, Declared, Device
from streams.inventory.declared import valid
from streams.inventory.devices import configured
from streams.owned import NOTHING, Index, Owned, by_owner, moved
from streams.wire import Wire

T = TypeVar("T")

Change = tuple[str, str, Declared | None]
"""Kind, id, and what is declared from now on; None removes."""


@dataclass(frozen=True)
class Registry:
    """Everything declared, by kind and id; ``sequence`` is the highest that was read."""

    objects: Mapping[str, Mapping[str, Declared]] = field(default_factory=dict)
    sequence: int = field(default=0, compare=False)
    _told: dict[Callable[["Registry"], Any], Any] = field(
        default_factory=dict, repr=False, compare=False
    )

    def get(self, kind: str, object_id: str) -> Any | None:
        """The object, or None."""
        return self.objects.get(kind, {}).get(object_id)

    def all(self, kind: str) -> Mapping[str, Any]:
        """All objects of a kind by id."""
        return MappingProxyType(self.objects.get(kind, {}))

    def of(self, kind: str, device: str | None) -> tuple[Any, ...]:
        """The objects of a kind that name this device; None: those that could and name none."""
        return self.owned(device).get(kind, ())

    def owned(self, device: str | None) -> Owned:
        """The objects that name this device; the very same mapping as in the snapshot that this
        one was made of, unless one of them has changed."""
        index: Index | None = self._told.get(_by_owner)
        return (self.once(_by_owner) if index is None else index).get(device, NOTHING)

    def configured(self, device: str, at: int) -> Device | None:
        """The device as it was set at an instant, UTC microseconds; None where it is unknown."""
        declared: Device | None = self.get("device", device)
        settings = valid(self.of("configuration", device), at)
        return configured(declared, settings) if declared and settings else declared

    def once(self, ask: Callable[["Registry"], T]) -> T:
        """What a pure function says of this snapshot; it looks through it only the first time."""
        if ask not in self._told:
            self._told[ask] = ask(self)
        found: T = self._told[ask]
        return found

    def ask(self, question: Callable[..., T], *about: Any) -> T:
        """What a pure function of a snapshot and of ``about`` says."""
        return question(self, *about)

    def having(self, kind: str, object_id: str, declared: Declared | None) -> "Registry":
        """A snapshot with one object put in its place, or removed."""
        return self.after([(kind, object_id, declared)])

    def after(self, changes: Iterable[Change], sequence: int = 0) -> "Registry":
        """A snapshot after changes in their order: it shares with this one what they leave, so
        that one change among many objects costs little."""
        changed: dict[str, dict[str, Declared | None]] = {}
        for kind, object_id, declared in changes:
            changed.setdefault(kind, {})[object_id] = declared
        objects = dict(self.objects)
        for kind, of in changed.items():
            objects[kind] = layers.after(objects.get(kind, {}), of)
        found = Registry(objects, max(self.sequence, sequence))
        if _by_owner in self._told:
            moves = (
                (kind, self.get(kind, name), declared)
                for kind, of in changed.items()
                for name, declared in of.items()
            )
            found._told[_by_owner] = moved(self._told[_by_owner], moves)
        return found


def _by_owner(registry: Registry) -> Index:
    return by_owner(registry.objects)


def declaration(key: bytes | None, message: bytes | None, wire: Wire) -> tuple[Change, int]:
    """What one message of the registry topic changes, and its sequence.

    Raises:
        Skip: the message is no declaration that this version understands.
    """
    try:
        kind, _, object_id = (key or b"").decode().partition("/")
    except UnicodeDecodeError as e:
        raise Skip("declaration", f"the key {key!r} is not UTF-8") from e
    if kind not in KINDS:
        raise Skip("declaration", f"{key!r} is not a declaration of a known kind")
    if message is None:
        return (kind, object_id, None), 0
    name, record = wire.decode(message)
    if name != "Declaration":
        raise Skip("declaration", f"{key!r} holds a {name}")
    try:
        declared = KINDS[kind].model_validate_json(record["body"])
    except ValidationError as e:
        raise Skip("declaration", f"{key!r}: {e}") from e
    return (kind, object_id, declared), record["sequence"]


@dataclass(frozen=True)
class Declarations:
    """How a handler learns what is declared.

    ``current`` costs nothing; ``fresh`` waits for what is already on the topic, and is asked
    before something is said to be undeclared.
    """

    current: Callable[[], Registry]
    fresh: Callable[[], Registry]
