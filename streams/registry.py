"""What is declared, as a snapshot: the fold of the registry topic.

A ``Registry`` is a frozen snapshot; the judgement takes one as an argument and never looks it up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from streams.errors import Skip
from streams.inventory import KINDS, Declared
from streams.wire import Wire


@dataclass(frozen=True)
class Registry:
    """Everything declared, by kind and id."""

    objects: Mapping[str, Mapping[str, Declared]] = field(default_factory=dict)
    _owned: dict[str, dict[str | None, list[Declared]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def get(self, kind: str, object_id: str) -> Any | None:
        """The object, or None."""
        return self.objects.get(kind, {}).get(object_id)

    def all(self, kind: str) -> Mapping[str, Any]:
        """All objects of a kind by id."""
        return MappingProxyType(self.objects.get(kind, {}))

    def of(self, kind: str, device: str | None) -> Sequence[Any]:
        """The objects of a kind that name this device; None: those that name none."""
        if kind not in self._owned:
            owned: dict[str | None, list[Declared]] = {}
            for declared in self.objects.get(kind, {}).values():
                owned.setdefault(getattr(declared, "device", None), []).append(declared)
            self._owned[kind] = owned
        return self._owned[kind].get(device, ())

    def having(self, kind: str, object_id: str, declared: Declared | None) -> "Registry":
        """A snapshot with one object put in its place, or removed."""
        of_kind = dict(self.objects.get(kind, {}))
        if declared is None:
            of_kind.pop(object_id, None)
        else:
            of_kind[object_id] = declared
        return Registry({**self.objects, kind: of_kind})


def fold(registry: Registry, key: bytes | None, message: bytes | None, wire: Wire) -> Registry:
    """The next snapshot after one message of the registry topic.

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
        return registry.having(kind, object_id, None)
    name, record = wire.decode(message)
    if name != "Declaration":
        raise Skip("declaration", f"{key!r} holds a {name}")
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
