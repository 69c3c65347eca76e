"""A mapping that shares with the one it comes from all but what has changed since."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def after(whole: Mapping[K, V], changes: Mapping[K, V | None]) -> Mapping[K, V]:
    """A mapping with changes, of which None removes; the one that it was stays as it was.

    So few changes are kept apart that neither to copy them each time nor to lay all together now
    and then is much: as many as the root of the whole.
    """
    base, over = whole.layers if isinstance(whole, Layers) else (whole, {})
    over = {**over, **changes}
    if len(over) ** 2 <= len(base):
        return Layers(base, over)
    return _together(base, over)


def _together(base: Mapping[K, V], over: Mapping[K, V | None]) -> dict[K, V]:
    whole: dict[K, Any] = {**base, **over}
    for gone in [key for key, value in over.items() if value is None]:
        del whole[gone]
    return whole


class Layers(Mapping[K, V]):
    """Frozen: a few changes over what they change. When somebody walks through all of it, they are
    laid together. Both layers are swapped as one, so that several threads may read."""

    __slots__ = ("layers",)

    def __init__(self, base: Mapping[K, V], over: Mapping[K, V | None]) -> None:
        """Neither is to change any more."""
        self.layers = base, over

    def _whole(self) -> Mapping[K, V]:
        base, over = self.layers
        if over:
            base = _together(base, over)
            self.layers = base, {}
        return base

    def get(self, key: K, default: Any = None) -> Any:
        """The value, or the default."""
        base, over = self.layers
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
