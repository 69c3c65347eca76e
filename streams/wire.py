"""Avro on the wire: the Confluent format, our schemas, their fingerprints.

Inside the house an instant is int64 microseconds UTC, so the logical types are stripped from the
schemas that read and write; the registered text keeps them.

Sources: Confluent "Wire format" (magic byte 0, 4-byte schema id, Avro body); Apache Avro 1.12
specification, "Parsing Canonical Form" and "Schema fingerprints".
"""

import io
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import fastavro
from fastavro.read import SchemaResolutionError
from fastavro.schema import parse_schema, to_parsing_canonical_form

from streams.avro_columns import Columns, Field, parts, plan, rows
from streams.avro_words import messages
from streams.errors import Skip
from streams.resources import AVRO

RECORDS = (
    "Tick",
    "Uplink",
    "Frame",
    "Observation",
    "Window",
    "Condition",
    "Alert",
    "Pending",
    "Declaration",
    "DeviceEvent",
)
"""In the order of their registration: a fresh registry gives them the ids 1, 2, …"""

PUBLIC = frozenset({"Observation", "Window", "Alert"})
"""What third parties read: evolves FULL_TRANSITIVE, the rest BACKWARD_TRANSITIVE."""

_HEADER = 5
_FEW = 20
"""Rows below which they are faster one by one."""

_UNFIT = (EOFError, IndexError, ValueError, TypeError, OverflowError, KeyError)


@dataclass(frozen=True)
class Schema:
    """One record's schema: its registered text and the parsed form without logical types."""

    name: str
    text: str
    parsed: Any
    fingerprint: str

    @property
    def subject(self) -> str:
        """Subjects go by record name (RecordNameStrategy): topics mix records and ticks."""
        return f"vigie.{self.name}"

    @property
    def compatibility(self) -> str:
        """The level at which the registry refuses an incompatible successor."""
        return "FULL_TRANSITIVE" if self.name in PUBLIC else "BACKWARD_TRANSITIVE"


def _bare(node: Any) -> Any:
    if isinstance(node, list):
        return [_bare(item) for item in node]
    if isinstance(node, dict):
        return {k: _bare(v) for k, v in node.items() if k != "logicalType"}
    return node


def schema_from(text: str) -> Schema:
    """A schema from the text of an .avsc file or of the registry."""
    raw = json.loads(text)
    parsed = parse_schema(_bare(raw))  # with its hint: else every message parses it again
    canonical = to_parsing_canonical_form(parse_schema(raw, _write_hint=False))
    digest = sha256(canonical.encode()).hexdigest()
    return Schema(raw["name"].rpartition(".")[2], text, parsed, digest)


def file_of(name: str, folder: Path = AVRO) -> Path:
    """Where a record's schema lies: ``DeviceEvent`` in ``device_event.avsc``."""
    return folder / (re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() + ".avsc")


@cache
def schemas(folder: Path = AVRO) -> Mapping[str, Schema]:
    """Our schemas by record name, in the order of :data:`RECORDS`."""
    return {n: schema_from(file_of(n, folder).read_text("utf-8")) for n in RECORDS}


@cache
def _plan(name: str) -> list[Field]:
    return plan(schemas()[name].parsed)


@dataclass(frozen=True)
class Wire:
    """Encodes with the ids that the registry gave, decodes any version that it knows.

    ``ids`` maps record names to ids; ``text_of`` fetches the schema text of an unknown id and
    raises Retry while the registry is away, KeyError where it has no such id.
    """

    ids: Mapping[str, int]
    text_of: Callable[[int], str]

    def __post_init__(self) -> None:
        known = {i: schemas()[name] for name, i in self.ids.items()}
        object.__setattr__(self, "_writers", known)

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        """The message of a record."""
        out = io.BytesIO()
        out.write(self._header(name))
        fastavro.schemaless_writer(out, schemas()[name].parsed, record)
        return out.getvalue()

    def encode_rows(self, name: str, size: int, columns: Columns) -> list[bytes]:
        """The messages of ``size`` records, byte for byte those of :meth:`encode`.

        Columns of other names than the record's fields are passed over, as those keys are there.

        Raises:
            What :meth:`encode` raises of the first row that does not fit.
        """
        fields = _plan(name)
        if size >= _FEW:
            with suppress(*_UNFIT):  # said of the row in question by the way that follows
                return messages(size, [self._header(name), *parts(fields, size, columns)])
        return [self.encode(name, row) for row in rows(fields, size, columns)]

    def _header(self, name: str) -> bytes:
        return b"\0" + self.ids[name].to_bytes(4, "big")

    def decode(self, message: bytes | None) -> tuple[str, dict[str, Any]]:
        """Record name and record, read with today's schema.

        Raises:
            Skip: not in the wire format, an unknown schema, or a body that does not fit it.
        """
        if not message or message[0] or len(message) < _HEADER:
            raise Skip("wire_format", "not in the Confluent wire format: no magic byte 0 and id")
        writer = self._writer(int.from_bytes(message[1:_HEADER], "big"))
        reader = schemas().get(writer.name)
        if reader is None:
            raise Skip("unknown_record", f"no record {writer.name!r} in avro/")
        try:
            body = io.BytesIO(message[_HEADER:])
            record = fastavro.schemaless_reader(body, writer.parsed, reader.parsed)
        except (*_UNFIT, SchemaResolutionError) as e:
            raise Skip("avro", f"the body does not fit {writer.name}: {e!r}") from e
        return writer.name, record

    def _writer(self, schema_id: int) -> Schema:
        writers: dict[int, Schema] = self._writers  # type: ignore[attr-defined]
        if schema_id not in writers:
            try:
                writers[schema_id] = schema_from(self.text_of(schema_id))
            except (KeyError, ValueError, TypeError) as e:
                raise Skip("unknown_schema", f"the registry has no usable id {schema_id}") from e
        return writers[schema_id]
