"""Tables of parameters, from the models that validate them."""

import json
from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel

from tools.markdown import table


def told(docstring: str | None) -> str:
    """A docstring as Markdown."""
    return cleandoc(docstring or "").replace("``", "`")


def parameters(params: type[BaseModel]) -> str:
    """A table of names, types, bounds and defaults; one more for each that holds parameters."""
    schema = params.model_json_schema()
    required = schema.get("required", [])
    rows = [
        (
            f"`{name}`",
            _kind(_one(field)),
            _bounds(_one(field)),
            "required" if name in required else _value(field.get("default")),
        )
        for name, field in schema["properties"].items()
    ]
    nested = [
        f"\nEach of `{name}`: {told(inner.__doc__)}\n\n{parameters(inner)}"
        for name, inner in _nested(params).items()
    ]
    return table(("parameter", "type", "bounds", "default"), rows) + "".join(nested)


def _one(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a value that is there, where there may be none."""
    options = [o for o in field.get("anyOf", ()) if o.get("type") != "null"]
    return options[0] if len(options) == 1 else field


def _kind(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(option) for option in field["anyOf"])
    if "$ref" in field:
        return "object"
    if field.get("format") == "date-time":
        return "time"
    if field["type"] != "array":
        return "text" if field["type"] == "string" else str(field["type"])
    if "prefixItems" in field:
        return f"[{', '.join(map(_kind, field['prefixItems']))}]"
    return f"list of {_kind(field['items'])}"


def _nested(params: type[BaseModel]) -> Mapping[str, type[BaseModel]]:
    """By name the parameters that are lists of parameters themselves."""
    found: dict[str, type[BaseModel]] = {}
    for name, field in params.model_fields.items():
        for inner in getattr(field.annotation, "__args__", ()):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found[name] = inner
    return found


def _value(value: Any) -> str:
    return "none" if value is None else f"`{json.dumps(value)}`"


_SIGNS = {
    "exclusiveMinimum": "> {:.10g}",
    "minimum": "≥ {:.10g}",
    "exclusiveMaximum": "< {:.10g}",
    "maximum": "≤ {:.10g}",
}


def _bounds(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{choice}`" for choice in field["enum"])
    return ", ".join(sign.format(field[key]) for key, sign in _SIGNS.items() if key in field)
