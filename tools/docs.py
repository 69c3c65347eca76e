"""Writes the reference pages from what they describe: commands, settings, topics and the like.

A test compares the committed pages with these, so that none of them can go stale.
"""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from connectors import networks
from streams import topics
from streams.discover import discover
from streams.inventory.vocabulary import vocabulary
from streams.settings import Settings
from streams.units import SPELLINGS, UNITS
from streams.uplinks import Network
from streams.wire import PUBLIC, RECORDS, file_of
from tools import calibration_kinds, conditions, meters, quality_tests
from tools.commands import reference
from tools.kinds import sections
from tools.markdown import table

FOLDER = Path(__file__).resolve().parent.parent / "docs"
_DROPPED = "headers and query parameters that are dropped"
_NOTE = "<!-- Written by `just docs`. Do not edit. -->\n"


def settings() -> str:
    """Every setting with its type, bounds, default and meaning."""
    rows = [
        (f"`{name}`", f"`VIGIE_{name.upper()}`", _kind(f), _default(f), f.description or "")
        for name, f in Settings.model_fields.items()
    ]
    return (
        f"# Settings\n\n{_NOTE}\n"
        f"{(Settings.__doc__ or '').strip()} Read from, first wins: options of the command, the\n"
        "environment, `vigie.toml` in the home folder. `vigie config show` prints each with its\n"
        "value and where that comes from; secrets are masked.\n\n"
        "The secret of a source is not here: the inventory names it, and it is read from\n"
        "`VIGIE_SECRET_<NAME>` or from the file `secrets/<NAME>` in the home folder.\n\n"
        + table(("setting", "environment", "type", "default", "meaning"), rows)
    )


def _kind(field: FieldInfo) -> str:
    name = getattr(field.annotation, "__name__", "")
    kind = ", ".join(f"`{a}`" for a in get_args(field.annotation)) or name.lower()
    bounds = [
        f"{sign} {getattr(rule, key)}"
        for rule in field.metadata
        for key, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))
        if hasattr(rule, key)
    ]
    return " ".join([kind.replace("secretstr", "secret"), *bounds])


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        return ""
    if isinstance(value, Path):
        return f"`~/{value.relative_to(Path.home())}`"
    return f"`{value}`" if value != "" else ""


def topic_table() -> str:
    """Every topic with its key and how long it is kept."""
    rows = [
        (
            f"`{t.name('vigie')}`",
            t.key,
            "`partitions`" if t.partitions is None else str(t.partitions),
            _kept(t),
            "compact" if t.compacted else "delete",
        )
        for t in topics.ALL
    ]
    return (
        f"# Topics\n\n{_NOTE}\n"
        "The partitions are as many as the setting `partitions` says, fixed for life, and every\n"
        "producer takes the partition by murmur2 of the key, so that a device has the same\n"
        "partition number everywhere; where what one reader must see whole comes together, there\n"
        "is one. The timestamp of a message is its arrival at the door, not\n"
        "the device's time. `vigie` is the setting `topic_prefix`.\n\n"
        + table(("topic", "key", "partitions", "kept", "cleanup"), rows)
        + "\nBeside them stands the topic in which Faust's members agree on their leader:\n"
        f"`{topics.leader_topic(Settings())}`, one partition.\n"
    )


def _kept(topic: topics.Topic) -> str:
    if topic.retention_ms == topics.FOR_EVER:
        return "last value of each key" if topic.compacted else "for ever"
    return f"{timedelta(milliseconds=topic.retention_ms).days} d"


def records() -> str:
    """Every Avro record, field by field, in the order of registration."""
    parts = [_record(json.loads(file_of(n).read_text("utf-8"))) for n in RECORDS]
    return (
        f"# Records\n\n{_NOTE}\n"
        "Messages are Avro in Confluent's wire format: a zero byte, four bytes of schema id, the\n"
        "body. Subjects go by record name. Instants are microseconds since 1970, UTC.\n\n"
        + "\n".join(parts)
    )


def _record(schema: Mapping[str, Any], level: int = 2) -> str:
    promise = "FULL_TRANSITIVE" if schema["name"] in PUBLIC else "BACKWARD_TRANSITIVE"
    rows = [(f"`{f['name']}`", _type(f["type"]), f.get("doc", "")) for f in schema["fields"]]
    evolves = f" Evolves {promise}." if level == 2 else ""
    text = f"{'#' * level} {schema['name']}\n\n{schema.get('doc', '')}{evolves}\n\n"
    nested = [_record(inner, level + 1) for f in schema["fields"] for inner in _inner(f["type"])]
    return text + table(("field", "type", "meaning"), rows) + "".join(f"\n{n}" for n in nested)


def _inner(kind: Any) -> list[Mapping[str, Any]]:
    """Records that are defined within a type."""
    if isinstance(kind, list):
        return [inner for option in kind for inner in _inner(option)]
    if isinstance(kind, dict):
        if kind["type"] == "record":
            return [kind]
        return _inner(kind.get("items", kind.get("values", "")))
    return []


def _type(kind: Any) -> str:
    if isinstance(kind, list):
        return " or ".join(_type(option) for option in kind)
    if not isinstance(kind, dict):
        return str(kind)
    if kind["type"] in ("array", "map"):
        return f"{kind['type']} of {_type(kind.get('items', kind.get('values')))}"
    return str(kind.get("logicalType", kind.get("name", kind["type"])))


def commands() -> str:
    """Every command with its options."""
    return (
        f"# Commands\n\n{_NOTE}\n"
        "Data goes to standard output, everything else to standard error. Exit codes:\n"
        "[operate.md](operate.md).\n\n" + reference()
    )


def network_table() -> str:
    """Every network server's format that is found, with what it reads and what it drops."""
    rows = [
        (f"[`{n.name}`]({n.name}.md)", _title(n), _codes(n.media), _codes(n.credentials))
        for n in discover(networks, Network).values()
    ]
    return (
        f"# Network servers\n\n{_NOTE}\n"
        "The inventory declares a source: its name, its network and the name of its secret. The\n"
        "network server posts to `https://…/v1/<source>`, with the header\n"
        "`X-Vigie-Secret: <secret>` or `Authorization: Bearer <secret>`. The page of each says\n"
        "what to set there and how to try it; [operate.md](../operate.md) how to declare it,\n"
        "where the secret is kept, and what the answers mean.\n\n"
        + table(
            ("network", "server", "media types", "headers and query parameters that are dropped"),
            rows,
        )
        + "\nWhatever the network, headers and query parameters that are named like a credential\n"
        "(token, secret, password, key, cookie, authorization) are dropped before Kafka.\n"
    )


def _title(network: Network) -> str:
    told = import_module(f"{networks.__name__}.{network.name}").__doc__ or ""
    return told.partition(":")[0]


def _codes(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def vocabulary_tables() -> str:
    """Every property that comes with vigie, and every unit with its spellings."""
    properties = [
        (f"`{p.id}`", p.title_en, p.title_fr, f"`{p.unit}`", p.kind, p.attribute or "")
        for p in vocabulary()
    ]
    spelled: dict[str, list[str]] = {}
    for spelling, code in SPELLINGS.items():
        spelled.setdefault(code, []).extend([] if spelling == code else [f"`{spelling}`"])
    units = [
        (f"`{code}`", unit.dimension, ", ".join(spelled[code])) for code, unit in UNITS.items()
    ]
    return (
        f"# Vocabulary\n\n{_NOTE}\n"
        "What can be observed. An inventory's own property of the same id counts instead.\n\n"
        + table(("property", "English", "French", "unit", "kind", "Smart Data Models"), properties)
        + "\nHow values combine: `instantaneous` ones are averaged over time, a `count` is added\n"
        "up, an `index` subtracted, a `level` averaged as energy, an `angle` as a direction; of a\n"
        "`state` the share of time counts.\n\n"
        "## Units\n\n"
        "UCUM codes and the spellings of devices; units of one dimension are converted exactly.\n"
        "Upper and lower case count.\n\n" + table(("code", "dimension", "also spelled"), units)
    )


def quality_page() -> str:
    """Every quality test with its parameters."""
    return quality_tests.page(_NOTE)


def conditions_page() -> str:
    """Every kind of condition with its parameters."""
    return conditions.page(_NOTE)


def metrics_page() -> str:
    """Every metric of a worker."""
    return meters.page(_NOTE)


def calibration_page() -> str:
    """Every calibration kind with its parameters."""
    return calibration_kinds.page(_NOTE)


def kinds_page() -> str:
    """Every kind of the inventory with its fields."""
    parts = [
        f"## {kind}\n\n{said}\n\n"
        + table(("field", "type", "default"), [(f"`{name}`", *rest) for name, *rest in rows])
        for kind, said, rows in sections()
    ]
    return (
        f"# Kinds of the inventory\n\n{_NOTE}\n"
        "[inventory.md](inventory.md) shows them at work. Names with dots are the columns of a\n"
        "CSV file; in YAML what is behind a dot lies within. Times have an offset, or Z for UTC.\n"
        "`from` is the first instant at which something holds, `to` the first at which it does\n"
        "not; without them it holds for all time.\n\n" + "\n".join(parts)
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings,
    "topics.md": topic_table,
    "conditions.md": conditions_page,
    "records.md": records,
    "vocabulary.md": vocabulary_tables,
    "quality-tests.md": quality_page,
    "calibration-kinds.md": calibration_page,
    "networks/README.md": network_table,
    "kinds.md": kinds_page,
    "metrics.md": metrics_page,
}


def main() -> int:
    """Write every page."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
