"""What is declared as the files of an inventory, which read back as the same."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from connectors.inventory.scalar import scalar
from streams.errors import Stop
from streams.inventory import KINDS
from streams.inventory.difference import body
from streams.registry import Registry


def files(registry: Registry) -> dict[str, str]:
    """Text by path below the folder: a YAML file a kind, and the scripts of codecs beside."""
    found: dict[str, str] = {}
    alike = Counter(object_id.lower() for object_id in registry.all("codec"))
    for kind in KINDS:
        objects = [body(o) for _, o in sorted(registry.all(kind).items())]
        if kind == "codec":
            objects = [_beside(codec, alike, found) for codec in objects]
        if objects:
            found[f"{kind}.yaml"] = "".join(_yaml(kind, objects))
    return found


def _beside(codec: dict[str, Any], alike: Mapping[str, int], found: dict[str, str]) -> Any:
    """The script as a file of its own, but where two names are one on some file systems, or the
    text is none that a file gives back as it is."""
    script = codec.get("script", "")
    plain = script.strip() and "\r" not in script and not script.startswith("\ufeff")
    if not plain or alike[codec["id"].lower()] > 1:
        return codec
    name = f"codecs/{codec['id']}.js"
    found[name] = script
    return {k: v for k, v in codec.items() if k != "script"} | {"file": name}


def _yaml(kind: str, objects: list[Any]) -> Iterator[str]:
    yield "# Written by `vigie registry export`.\n"
    yield yaml.dump({kind: objects}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=96)


class _Dumper(yaml.CSafeDumper):
    """No anchors: each object stands for itself. A text that looks like none has quotes."""

    def ignore_aliases(self, _: Any) -> bool:
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        style = None if isinstance(scalar(value), str) else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.text)


def write(folder: Path, registry: Registry) -> int:
    """Write the files into a folder that is empty or not there yet; how many there are.

    Raises:
        Stop: there is something in it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Stop(f"{folder} is not empty: name a folder that is not there yet")
        written = files(registry)
        for name, text in written.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as e:
        raise Stop(f"{folder} cannot be written: {e}") from e
    return len(written)
