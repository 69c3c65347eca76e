"""An inventory folder: its files read and validated, every fault told with its place."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

import connectors.inventory.formats
from connectors.inventory.attached import ATTACHED
from connectors.inventory.formats import Entry, InventoryFormat, Unreadable
from connectors.inventory.formats.csv import kind_of
from streams.discover import discover
from streams.errors import Stop
from streams.inventory import KINDS, Declared
from streams.inventory.coherence import Fault, Name
from streams.inventory.declared import Place

TOLD_MAX = 50
"""Faults that are told in one go."""

FILE_MAX = 16 << 20
FILES_MAX = 5000
OBJECTS_MAX = 500_000

_FORMATS = {
    suffix: one
    for one in discover(connectors.inventory.formats, InventoryFormat).values()
    for suffix in one.suffixes
}
_SECRET = re.compile(r"passw|token|secret|api_?key|credential|private_?key", re.IGNORECASE)
_LOGIN = re.compile(r"://[^/\s@]*:[^/\s@]*@")
_NO_KIND = "no object names this table: name it after a kind, as in devices.csv"
_REMEDY = (
    "an inventory holds no secret: put it into VIGIE_SECRET_<NAME> or the file secrets/<NAME> of "
    "the home, and name it in the source's secret"
)


@dataclass
class Inventory:
    """The objects of a folder by kind and id, where each stands, and the files that they name."""

    folder: Path
    objects: dict[Name, Declared] = field(default_factory=dict)
    attached: set[Path] = field(default_factory=set)
    entries: dict[Name, tuple[str, Entry]] = field(default_factory=dict)

    def place(self, kind: str, object_id: str, at: Place = ()) -> str:
        """``file:line`` of an object or of a field of it; empty where it is not of a file."""
        if (kind, object_id) not in self.entries:
            return ""
        name, entry = self.entries[kind, object_id]
        return name + entry.where(at)


def load(folder: Path) -> Inventory:
    """The objects of all files of a folder and of the folders in it.

    Raises:
        Stop: something in it is wrong; says where, what and what to do, for all files at once.
    """
    if not folder.is_dir():
        raise Stop(f"{folder} is no folder")
    inventory, faults, tables = Inventory(folder), list[str](), list[Path]()
    for name, found in _entries(folder, tables):
        if isinstance(found, Unreadable):
            faults.append(f"{name}{found.where}: {found}")
        else:
            faults += _take(inventory, name, found)
        if len(faults) > TOLD_MAX or len(inventory.objects) > OBJECTS_MAX:
            faults.append("and more: the rest was not looked at")
            break
    else:
        lost = sorted(path for path in tables if path.resolve() not in inventory.attached)
        faults += [f"{path.relative_to(folder)}: {_NO_KIND}" for path in lost]
    if faults:
        raise Stop("\n".join(faults))
    return inventory


def told(inventory: Inventory, faults: Iterable[Fault]) -> str:
    """What does not fit together, with its places."""
    lines = []
    for fault in faults:
        place = inventory.place(fault.kind, fault.id, fault.at)
        lines.append(f"{place}: {fault}" if place else str(fault))
    more = [f"and {len(lines) - TOLD_MAX} more"] if len(lines) > TOLD_MAX else []
    return "\n".join(lines[:TOLD_MAX] + more)


def _entries(folder: Path, tables: list[Path]) -> Iterator[tuple[str, Entry | Unreadable]]:
    """Of every file, with its name below the folder; ``tables`` takes those of no kind."""
    for path in _files(folder):
        if path.suffix.lower() == ".csv" and kind_of(path.stem) is None:
            tables.append(path)
            continue
        name = str(path.relative_to(folder))
        try:
            for found in _FORMATS[path.suffix.lower()].read(text_of(folder, path), path.stem):
                yield name, found
        except Unreadable as e:
            yield name, e


def _files(folder: Path) -> list[Path]:
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _FORMATS
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if len(found) > FILES_MAX:
        raise Stop(f"{folder}: more than {FILES_MAX} files; is it the folder of the inventory?")
    return found


def text_of(folder: Path, path: Path) -> str:
    """The text of a file below the folder.

    Raises:
        Unreadable: it lies elsewhere, is too large, or is not UTF-8.
    """
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            raise Unreadable("", f"{path.name} leads out of the folder: copy the file into it")
        if path.stat().st_size > FILE_MAX:
            raise Unreadable("", f"more than {FILE_MAX >> 20} MiB: split it")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as e:
        raise Unreadable("", f"byte {e.start} is not UTF-8: save the file as UTF-8") from e
    except OSError as e:
        raise Unreadable("", f"{path.name[:80]} cannot be read: {e.strerror}") from e
    except ValueError as e:
        raise Unreadable("", f"{path.name[:80]!r} is no name of a file: {e}") from e


def _take(inventory: Inventory, name: str, entry: Entry) -> list[str]:
    """Put an entry among the objects; what is wrong with it else."""
    if entry.kind not in KINDS:
        return [f"{name}{entry.where(())}: {_unknown_kind(entry.kind)}"]
    wrong = [(at, _REMEDY) for at in _secrets(entry.body)]
    if not wrong:
        try:
            declared = _validated(inventory, name, entry)
        except ValidationError as e:
            wrong = list(_faults(entry, e))
        except Unreadable as e:
            wrong = [(("file",), str(e))]
    if wrong:
        who = f"{entry.kind} {entry.body.get('id', 'without an id')}"
        return [f"{name}{entry.where(at)}: {who}: {message}" for at, message in wrong]
    key = (entry.kind, declared.id)
    if key in inventory.objects:
        first = inventory.place(*key)
        return [f"{name}{entry.where(())}: {entry.kind} {declared.id} is at {first} already"]
    inventory.objects[key], inventory.entries[key] = declared, (name, entry)
    return []


def _validated(inventory: Inventory, name: str, entry: Entry) -> Declared:
    """The object as everybody else will read it: after a turn through JSON."""
    model, body = KINDS[entry.kind], dict(entry.body)
    if "file" in body and entry.kind in ATTACHED:
        field_name, parse = ATTACHED[entry.kind]
        if field_name in body:
            raise Unreadable("", f"file or {field_name}, not both")
        path = inventory.folder.joinpath(name).parent / str(body.pop("file"))
        body[field_name] = parse(text_of(inventory.folder, path))
        inventory.attached.add(path.resolve())
    said = model.model_validate(body)
    return model.model_validate_json(said.model_dump_json(by_alias=True))


def _unknown_kind(kind: str) -> str:
    near = get_close_matches(kind, KINDS, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(KINDS)}"
    return f"there is no kind {kind!r}: {remedy}"


def _secrets(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where something looks like a secret: by its name where no field has it, or a login in a
    URL."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _secrets(item, (*at, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _secrets(item, (*at, i))
    elif isinstance(value, str) and _LOGIN.search(value):
        yield at


def _faults(entry: Entry, error: ValidationError) -> Iterator[tuple[Place, str]]:
    """What pydantic says, without the values: one may be a secret in the wrong place."""
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        at: Place = one["loc"]
        path = ".".join(map(str, at))
        if one["type"] == "extra_forbidden":
            yield at, _unknown_field(KINDS[entry.kind], path, str(at[-1]))
        elif _SECRET.search(path):
            yield at, f"{path}: this is no name of a secret; {_REMEDY}"
        else:
            message = one["msg"].removeprefix("Value error, ")
            yield at, f"{path}: {message}" if path else message


def _unknown_field(model: type[BaseModel], path: str, name: str) -> str:
    if _SECRET.search(name):
        return f"there is no field {path}; {_REMEDY}"
    near = get_close_matches(name, _fields(model), n=1)
    return f"there is no field {path}" + (f": did you mean {near[0]}?" if near else "")


def _fields(model: type[BaseModel]) -> set[str]:
    """The names of all fields of a model and of its parts."""
    schema = model.model_json_schema()
    parts = (schema, *schema.get("$defs", {}).values())
    return {name for part in parts for name in part.get("properties", {})}
