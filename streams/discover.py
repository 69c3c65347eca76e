"""Plug-ins are found, not listed: one file of a package exports one value of a contract."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover(package: ModuleType, contract: type[T]) -> dict[str, T]:
    """Every value of ``contract`` that a module of ``package`` exports, by its ``name``.

    Raises:
        TypeError: two modules export the same name.
    """
    found: dict[str, T] = {}
    for module in sorted(iter_modules(package.__path__), key=lambda m: m.name):
        loaded = import_module(f"{package.__name__}.{module.name}")
        for value in vars(loaded).values():
            if isinstance(value, contract):
                name: str = value.name  # type: ignore[attr-defined]
                if found.setdefault(name, value) is not value:
                    raise TypeError(f"{loaded.__name__}: {contract.__name__} {name!r} exists twice")
    return found
