"""One codec from one YAML file of an inventory, to try it before it is declared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.inventory.attached import ATTACHED
from connectors.inventory.folder import text_of
from connectors.inventory.formats import Entry, Unreadable
from connectors.inventory.formats.yaml import read
from streams.errors import Stop
from streams.inventory import Codec, Declared, Property
from streams.inventory.vocabulary import vocabulary
from streams.registry import Registry


def codec_of(path: Path, script: str | None) -> tuple[Codec, Registry]:
    """The codec that a file declares, and the vocabulary with the properties of that file.

    ``script`` counts instead of the codec's own; of several codecs it tells which is meant.

    Raises:
        Stop: the file declares none or several, or something in it is wrong; says where.
    """
    properties: dict[str, Declared] = {p.id: p for p in vocabulary()}
    codecs: list[Codec] = []
    for kind, model in (("property", Property), ("codec", Codec)):
        for entry in _entries(path, kind):
            declared = _validated(path, entry, model)
            if isinstance(declared, Codec):
                codecs.append(declared)
            else:
                properties[declared.id] = declared
    if len(codecs) > 1:
        codecs = [codec for codec in codecs if codec.script == script]
    if len(codecs) != 1:
        raise Stop(f"{path}: one codec expected; of several, the one whose file is given counts")
    codec = codecs[0].model_copy(update={"script": script}) if script else codecs[0]
    return codec, Registry({"property": properties})


def _entries(path: Path, kind: str) -> Iterator[Entry]:
    try:
        for found in read(text_of(path.parent, path), path.stem):
            if isinstance(found, Unreadable):
                raise found
            if found.kind == kind:
                yield found
    except Unreadable as e:
        raise Stop(f"{path}{e.where}: {e}") from e


def _validated(path: Path, entry: Entry, model: type[Declared]) -> Declared:
    body: dict[str, Any] = dict(entry.body)
    try:
        if "file" in body and entry.kind in ATTACHED:
            name, parse = ATTACHED[entry.kind]
            body[name] = parse(text_of(path.parent, path.parent / str(body.pop("file"))))
        return model.model_validate(body)
    except Unreadable as e:
        raise Stop(f"{path}{entry.where(('file',))}: {e}") from e
    except ValidationError as e:
        wrong = (
            f"{path}{entry.where(one['loc'])}: {'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in e.errors(include_url=False, include_input=False, include_context=False)
        )
        raise Stop("\n".join(wrong)) from e
