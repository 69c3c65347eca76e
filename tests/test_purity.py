"""The core takes time, chance and the environment as arguments.

Which modules are pure is said once, in the contract of import-linter; that contract forbids the
imports, this test the calls that need none (``datetime.now``).
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
PURE: list[str] = next(
    c["source_modules"] for c in CONTRACTS["contracts"] if c["type"] == "forbidden"
)
DRIVERS = {
    "agents",
    "codecs",
    "dead_letter_reader",
    "dead_letter_retry",
    "declare",
    "dispatch",
    "follower",
    "host",
    "kafka",
    "lag",
    "lane",
    "metrics",
    "resources",
    "schema_registry",
    "settings",
    "ticks",
    "topic_reader",
    "transport",
    "trim",
    "watchdog",
}
"""Of streams, what touches the world: Kafka, the registry, processes, files, the environment."""

READS = {
    *("now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"),
    *("random", "urandom", "uuid1", "uuid4", "default_rng", "token_bytes", "token_hex"),
    *("environ", "getenv"),
}
"""Names of the standard library (and numpy) that read the clock, chance or the environment."""

MODULES = {"datetime", "date", "time", "random", "np.random", "uuid", "secrets", "os"}


def impure(source: str) -> list[str]:
    """What a module's text reads of clock, chance and environment, with its line.

    A parameter that is called ``now`` is what purity looks like; ``x.now()`` is not.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in MODULES:
            found += [(node.lineno, node.attr)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += [(node.lineno, node.func.attr)]
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found += [(node.lineno, alias.name) for alias in node.names]
    return [f"line {line}: {name}" for line, name in found if name in READS]


def files(module: str) -> Iterator[Path]:
    path = ROOT.joinpath(*module.split("."))
    return iter(sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")])


@pytest.mark.parametrize("path", [p for m in PURE for p in files(m)], ids=str)
def test_a_pure_module_reads_no_clock_no_chance_and_no_environment(path: Path) -> None:
    assert impure(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "at = datetime.now(UTC)",
        "at = time.time()",
        "clock = time.time",
        "from datetime import datetime as d; d.utcnow()",
        "from uuid import uuid4",
        "x = random.random()",
        "rng = np.random.default_rng()",
        "home = os.environ['HOME']",
    ],
)
def test_the_check_can_fail(source: str) -> None:
    assert impure(source)


@pytest.mark.parametrize("source", ["def f(now: int) -> int: return now", "x.time[0]", "now()"])
def test_what_arrives_as_an_argument_is_no_clock(source: str) -> None:
    assert impure(source) == []


def test_every_module_of_streams_is_either_pure_or_a_driver() -> None:
    modules = {p.stem for p in (ROOT / "streams").iterdir() if not p.name.startswith("_")}
    pure = {m.split(".")[1] for m in PURE if m.startswith("streams.") and m.count(".") == 1}
    assert pure.isdisjoint(DRIVERS)
    assert {m for m in modules - pure - DRIVERS if not m.startswith(".")} == set()
