"""A mapping that shares with the one it comes from all but what has changed since."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Layers(Mapping[K, V]):
    """Frozen. The changes lie over what they change until they are many, or until somebody walks
    through all of it; then they are laid together, and both layers are one again.

    Both are swapped as one, so that several threads may read.
    """

    __slots__ = ("_layers",)

    def __init__(self, base: Mapping[K, V], over: Mapping[K, V | None] | None = None) -> None:
        """``base`` is not to change any more; in ``over``, None is what is gone."""
        self._layers = base, over or {}

    def after(self, changes: Mapping[K, V | None]) -> "Layers[K, V]":
        """With changes; None removes. So few are kept apart that neither to copy them each time
        nor to lay all together now and then is much: as many as the root of the whole."""
        base, over = self._layers
        over = {**over, **changes}
        found = Layers(base, over)
        if len(over) ** 2 > len(base):
            found._whole()
        return found

    def _whole(self) -> Mapping[K, V]:
        base, over = self._layers
        if over:
            both: dict[K, Any] = {**base, **over}
            for gone in [key for key, value in over.items() if value is None]:
                del both[gone]
            base = both
            self._layers = base, {}
        return base

    def get(self, key: K, default: Any = None) -> Any:
        """The value, or the default."""
        base, over = self._layers
        if key in over:
            found = over[key]
            return default if found is None else found
        return base.get(key, default)

    def __getitem__(self, key: K) -> V:
        found: V | None = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[K]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def keys(self) -> KeysView[K]:
        return self._whole().keys()

    def values(self) -> ValuesView[V]:
        return self._whole().values()

    def items(self) -> ItemsView[K, V]:
        return self._whole().items()
