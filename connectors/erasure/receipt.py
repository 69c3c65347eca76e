"""The receipt of an erasure: what was found where, what went and what is left. Pure.

It names the device, the span and the author, and nothing else of what was erased.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from connectors import rfc3339
from connectors.erasure.rewriting import Rewritten
from streams.inventory import Erasure


@dataclass
class Findings:
    """What the steps have done, in their order.

    ``shared`` are requests that went although they held messages of other devices as well,
    ``others`` how many devices these were, ``wider`` those that held messages of the same device
    at times that are not erased. ``superseded`` are records of compacted topics that
    the broker will drop by itself. ``left`` is what a last look found.
    """

    topics: dict[str, list[Rewritten]] = field(default_factory=dict)
    trimmed: dict[str, dict[int, int]] = field(default_factory=dict)
    store: dict[str, int] = field(default_factory=dict)
    shared: int = 0
    others: int = 0
    wider: int = 0
    superseded: int = 0
    left: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def receipt(
    erasures: Sequence[Erasure], found: Findings, author: str, begun: int, ended: int
) -> dict[str, Any]:
    """The receipt; instants in UTC microseconds. Its ``sha256`` is that of its own canonical JSON
    (sorted keys, no spaces, UTF-8) without that field."""
    content: dict[str, Any] = {
        "receipt": "erasure",
        "version": 1,
        "erasures": [e.model_dump(mode="json", by_alias=True, exclude_none=True) for e in erasures],
        "author": author,
        "begun": rfc3339.text(begun),
        "ended": rfc3339.text(ended),
        "kafka": {
            name: [asdict(part) for part in parts if part.gone]
            for name, parts in found.topics.items()
        },
        "heads_removed_before": found.trimmed,
        "requests_shared_with_others": {"requests": found.shared, "devices": found.others},
        "requests_of_other_times_as_well": found.wider,
        "superseded_records_left_to_compaction": found.superseded,
        "store_rows": found.store,
        "left": found.left,
        "files": found.files,
    }
    content = json.loads(json.dumps(content))
    return content | {"sha256": digest(content)}


def digest(content: Mapping[str, Any]) -> str:
    """Of a receipt, with its ``sha256`` or without."""
    plain = {name: value for name, value in content.items() if name != "sha256"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def text(content: Mapping[str, Any]) -> str:
    """The receipt for people."""
    lines = [f"Erasure, {content['begun']} to {content['ended']}, by {content['author']}"]
    for one in content["erasures"]:
        span = f"{one.get('from', 'ever')} to {one.get('to', 'ever')}"
        lines.append(f"  {one['device']}: {span} {one.get('reason', '')}".rstrip())
    for name, parts in content["kafka"].items():
        gone = sum(part["gone"] for part in parts)
        lines.append(f"Kafka {name}: {gone} records gone")
    shared = content["requests_shared_with_others"]
    if shared["requests"]:
        lines.append(
            f"  {shared['requests']} of the requests held messages of {shared['devices']} other "
            "devices as well; their values are in the store, the requests are not kept"
        )
    if wider := content["requests_of_other_times_as_well"]:
        lines.append(
            f"  {wider} of the requests held messages of other times as well; their values are in "
            "the store, the requests are not kept"
        )
    lines += [f"Store {table}: {rows} rows gone" for table, rows in content["store_rows"].items()]
    lines += [f"{place}: {what}" for place, what in content["files"].items()]
    left = {place: count for place, count in content["left"].items() if count}
    lines.append(f"Left: {left or 'nothing'}")
    if count := content["superseded_records_left_to_compaction"]:
        lines.append(f"  {count} superseded records of the state, which Kafka drops by itself")
    return "\n".join([*lines, f"sha256 {content['sha256']}", ""])
