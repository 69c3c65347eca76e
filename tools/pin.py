"""Pins every dependency, transitive ones too, exactly and without naming an index.

Three places are written: the constraints of ``pyproject.toml`` (what ``uv`` installs, developers'
tools included), its build constraints, and ``requirements.txt`` with hashes (what the image
installs). The resolution is made without the constraints; present pins are kept where they still
fit, so that adding one dependency moves nothing else. ``--upgrade`` forgets them.

Sources: uv documentation, "Settings" (constraint-dependencies, build-constraint-dependencies,
environments) and "Locking environments" (uv pip compile).
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
_HEAD = "# Written by `just pin` for the image: run-time dependencies only. Do not edit.\n"


def _list(text: str, key: str, items: Sequence[str]) -> str:
    """The text with the multi-line list ``key`` replaced; every other byte stays.

    Raises:
        ValueError: there is no such list, or there are several.
    """
    body = "".join(f'  "{item}",\n' for item in items)
    new, count = re.subn(
        rf"(?ms)^{re.escape(key)} = \[\n.*?^\]$", lambda _: f"{key} = [\n{body}]", text
    )
    if count != 1:
        raise ValueError(f"pyproject.toml must hold exactly one list {key} = [ … ], has {count}")
    return new


def _resolve(folder: Path, present: Sequence[str], *arguments: str) -> str:
    """What uv resolves in ``folder``; ``present`` pins are preferred."""
    pins = folder / "pins.txt"
    pins.write_text("".join(f"{pin}\n" for pin in present), "utf-8")
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--no-header", "--no-annotate"]
    quiet = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    subprocess.run(
        [*command, "--output-file", pins.name, *arguments], cwd=folder, check=True, env=quiet
    )
    return pins.read_text("utf-8")


def _plain(build: str, *resolved: str) -> list[str]:
    """The texts without the marker that only says "one of our environments".

    It is the one that the build backend has: every environment needs that.
    """
    marker = build.splitlines()[0].partition(" ;")[2]
    return [re.sub(rf" ;{re.escape(marker)}(?= \\|$)", "", r, flags=re.M) for r in resolved]


def pinned(text: str, *, upgrade: bool) -> tuple[str, str]:
    """New texts of ``pyproject.toml`` and ``requirements.txt``, from the present ``pyproject``."""
    held = tomllib.loads(text)
    uv = held["tool"]["uv"]
    keys = ("constraint-dependencies", "build-constraint-dependencies")
    pins, build = ([] if upgrade else uv[key] for key in keys)
    with TemporaryDirectory() as name:
        folder = Path(name)
        bare = _list(_list(text, keys[0], ()), keys[1], ())
        (folder / "pyproject.toml").write_text(bare, "utf-8")
        (folder / "build.in").write_text("\n".join(held["build-system"]["requires"]), "utf-8")
        backend = _resolve(folder, build, "build.in")
        every = _resolve(folder, pins, "pyproject.toml", "--group", "dev")
        image = _resolve(folder, every.splitlines(), "pyproject.toml", "--generate-hashes")
    every, build, image = _plain(backend, every, backend, image)
    new = _list(bare, keys[0], every.splitlines())
    return _list(new, keys[1], build.splitlines()), _HEAD + image


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both files; with ``--check`` write nothing and exit 1 where they would change."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args(arguments)
    paths = ROOT / "pyproject.toml", ROOT / "requirements.txt"
    texts = pinned(paths[0].read_text("utf-8"), upgrade=options.upgrade)
    stale = [p for p, t in zip(paths, texts, strict=True) if not p.exists() or p.read_text() != t]
    if options.check:
        for path in stale:
            sys.stderr.write(f"{path.name} is not what `just pin` writes: run it and commit\n")
        return bool(stale)
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
