"""The kinds of the inventory as tables, from their models."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from streams.inventory import KINDS
from streams.inventory.declared import Ref

Schema = Mapping[str, Any]


def sections() -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
    """Kind, what it is, and name, type and default of every field."""
    for kind, model in KINDS.items():
        whole = model.model_json_schema()
        parts: Schema = whole.get("$defs", {})
        yield kind, _said(inspect.getdoc(model) or ""), list(_fields(model, whole, parts, ""))


def _said(text: str) -> str:
    """A docstring as Markdown; lines that are numbered or listed stay as they are."""
    return re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", text).replace("``", "`")


def _fields(
    model: type[BaseModel], schema: Schema, parts: Schema, above: str
) -> Iterator[tuple[str, str, str]]:
    """With those of what lies within, dotted as the columns of a CSV file are."""
    by_alias = {f.alias or name: f for name, f in model.model_fields.items()}
    needed = schema.get("required", ())
    for name in sorted(schema["properties"], key=lambda n: (n != "id", n not in needed)):
        said = schema["properties"][name]
        default = "required" if name in needed else _default(said.get("default"))
        yield f"{above}{name}", _type(said, parts) + _of(by_alias.get(name)), default
        for inner, many in _inner(said, parts):
            dotted = f"{above}{name}.{'0.' if many else ''}"
            yield from _nested(inner, parts, dotted)


def _nested(schema: Schema, parts: Schema, above: str) -> Iterator[tuple[str, str, str]]:
    needed = schema.get("required", ())
    for name, said in schema["properties"].items():
        default = "required" if name in needed else _default(said.get("default"))
        yield f"{above}{name}", _type(said, parts), default


def _inner(said: Schema, parts: Schema) -> Iterator[tuple[Schema, bool]]:
    """The parts that a field consists of, and whether it is a list of them."""
    for option in said.get("anyOf", (said,)):
        many = option.get("type") == "array"
        reference = (option.get("items", {}) if many else option).get("$ref")
        if reference:
            yield parts[reference.rpartition("/")[2]], many


def _of(field: FieldInfo | None) -> str:
    named = [m.kind for m in field.metadata if isinstance(m, Ref)] if field else []
    return f", a {named[0]}" if named else ""


def _default(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(f'`"{one}"`' if one == "" else f"`{one}`" for one in value)
    if isinstance(value, bool):
        return f"`{value}`".lower()
    return "" if value in (None, "", {}) else f"`{value}`"


def _type(said: Schema, parts: Schema) -> str:
    if "anyOf" in said:
        return " or ".join(_type(o, parts) for o in said["anyOf"] if o.get("type") != "null")
    if "enum" in said:
        return ", ".join(f"`{one}`" if one else '`""`' for one in said["enum"])
    if "$ref" in said:
        return "object"
    if said.get("type") == "array":
        return f"list of {_type(said.get('items', {}), parts)}"
    named = {"string": "text", "object": "mapping", "boolean": "`true` or `false`"}
    kind = "time (RFC 3339)" if said.get("format") == "date-time" else said.get("type", "any")
    bounds = [
        f"{sign} {said[key]:g}"
        for key, sign in (
            *(("exclusiveMinimum", ">"), ("minimum", "≥")),
            *(("exclusiveMaximum", "<"), ("maximum", "≤")),
        )
        if key in said
    ]
    return " ".join([named.get(kind, kind), *bounds])
