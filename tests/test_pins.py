"""Every dependency is pinned, exactly, and no file says where to fetch it."""

import re
import subprocess
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
UV = PYPROJECT["tool"]["uv"]
INDEX_HOSTS = re.compile(
    rb"https?://\S+/(simple|packages)\b|extra-index|index-url|\[\[tool\.uv\.index"
)


def here(lines: list[str]) -> dict[str, str]:
    """Version by canonical name of the pins that apply to this interpreter."""
    pins = [Requirement(line) for line in lines]
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def image() -> list[str]:
    text = (ROOT / "requirements.txt").read_text("utf-8")
    return [
        line.rstrip(" \\") for line in text.splitlines() if line and not line.startswith((" ", "#"))
    ]


def test_every_installed_distribution_is_the_pinned_one() -> None:
    unpinned = {"vigie", "pip", "setuptools", "wheel"}
    found = {str(canonicalize_name(d.name)): d.version for d in distributions()}
    installed = {name: version for name, version in found.items() if name not in unpinned}
    pins = here(UV["constraint-dependencies"])
    assert installed == {name: pins.get(name, "no pin") for name in installed}


@pytest.mark.parametrize("key", ["constraint-dependencies", "build-constraint-dependencies"])
def test_pins_are_exact(key: str) -> None:
    specifiers = [Requirement(line).specifier for line in UV[key]]
    assert specifiers
    assert [s for s in specifiers if len(s) != 1 or not str(s).startswith("==")] == []


def test_the_image_installs_a_subset_of_the_same_pins_with_hashes() -> None:
    assert set(image()) <= set(UV["constraint-dependencies"])
    direct = {canonicalize_name(Requirement(d).name) for d in PYPROJECT["project"]["dependencies"]}
    assert direct <= set(here(image()))
    text = (ROOT / "requirements.txt").read_text("utf-8")
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\w)", text)[1:])


def test_no_file_in_git_names_an_index() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    assert "uv.lock" not in names
    texts = {n: (ROOT / n).read_bytes() for n in names if (ROOT / n).is_file()}
    here_itself = Path(__file__).relative_to(ROOT).as_posix()
    guilty = [n for n, t in texts.items() if n != here_itself and INDEX_HOSTS.search(t)]
    assert guilty == []
