"""The oracle knows nothing of the product, nor of numpy."""

import ast
import sys
from pathlib import Path

ALLOWED = frozenset(sys.stdlib_module_names) - {"importlib", "runpy"}


def _imports(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def test_the_oracle_imports_the_standard_library_and_itself_only() -> None:
    files = [p for p in Path(__file__).parent.glob("*.py") if not p.name.startswith("test_")]
    names = {name for p in files for name in _imports(p.read_text("utf-8"))}
    assert "math" in names
    own = {n for n in names if f"{n}.".startswith("tests.oracle.")}
    foreign = {n for n in names - own if n.split(".")[0] not in ALLOWED}
    assert not foreign
