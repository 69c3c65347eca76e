"""Options that several commands share, declared once as a frozen dataclass of them.

Typer reads the options of a command from its signature, one by one. In the signature of a command
that is spread, a parameter whose type is such a dataclass stands for the fields of it.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command with every option of its own, in the order in which they are declared."""
    given = inspect.signature(command)
    groups: dict[str, Any] = {
        p.name: p.annotation for p in given.parameters.values() if is_dataclass(p.annotation)
    }
    options = [
        option
        for p in given.parameters.values()
        for option in (_options(groups[p.name]) if p.name in groups else (p,))
    ]

    @wraps(command)
    def whole(**told: Any) -> None:
        for name, group in groups.items():
            told[name] = group(**{f.name: told.pop(f.name) for f in fields(group)})
        command(**told)

    whole.__signature__ = given.replace(  # type: ignore[attr-defined]
        parameters=[o.replace(kind=Parameter.KEYWORD_ONLY) for o in options]
    )
    whole.__annotations__ = {o.name: o.annotation for o in options}
    return whole


def _options(group: Any) -> Iterator[Parameter]:
    for field in fields(group):
        default = Parameter.empty if field.default is MISSING else field.default
        yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=field.type)
