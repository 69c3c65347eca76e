"""The reference of the command line, from the commands themselves."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

from cli.main import build


def reference() -> str:
    """A section for each command: what it does, its arguments and options."""
    root: Any = typer.main.get_command(build())
    return "\n".join(_section(name, command) for name, command in _commands("vigie", root))


def _commands(path: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, TyperGroup):
            yield from _commands(f"{path} {name}", command)
        else:
            yield f"{path} {name}", command


def _section(name: str, command: Any) -> str:
    context = typer.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    told = (command.help or "").strip()
    rows = [
        f"| `{'`, `'.join(p.opts) if isinstance(p, TyperOption) else p.name}` "
        f"| {_kind(p)} | {_help(p)} |\n"
        for p in command.get_params(context)
        if p.name != "help"
    ]
    head = "| option | value | meaning |\n| --- | --- | --- |\n"
    return f"## {name}\n\n`{name} {usage}`\n\n{told}\n" + (
        f"\n{head}{''.join(rows)}" if rows else ""
    )


def _kind(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if kind is bool:
        return "flag"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(f"`{choice.value}`" for choice in kind)
    bounds = [f"{sign} {at}" for sign, at in (("≥", parameter.min), ("≤", parameter.max)) if at]
    return " ".join([kind.__name__.lower(), *bounds])


def _help(parameter: Any) -> str:
    told = str(parameter.help or "")
    if parameter.default in (None, False) or not parameter.show_default:
        return told
    return f"{told} Default: `{getattr(parameter.default, 'value', parameter.default)}`."
