"""The documents say what is there: generated pages, links, commands, ports."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from cli.main import build
from streams.inventory.sources import Pull, TableMapping, UplinkMapping
from streams.settings import Settings
from tools.docs import FOLDER, PAGES

ROOT = FOLDER.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(FOLDER.rglob("*.md"))]
README = (ROOT / "README.md").read_text("utf-8")
ids = [p.relative_to(ROOT).as_posix() for p in DOCUMENTS]


def shell(text: str) -> list[list[str]]:
    """The lines of each shell block."""
    return [block.split("\n")[:-1] for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_the_committed_one(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PAGES[name](), "run `just docs` and commit"


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_a_link_within_the_project_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "README.fr.md"])
def test_a_readme_leads_to_every_page_of_the_folder(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    pages = {p.relative_to(ROOT).as_posix() for p in FOLDER.glob("*.md")}
    detail = {"docs/calibration-kinds.md", "docs/conditions.md"}  # pages of another page's
    assert pages - set(re.findall(r"\]\((docs/[^)#]+)", text)) == detail


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_a_path_that_is_named_exists(path: Path) -> None:
    named = re.findall(r"`((?:docs|streams|tests|clickhouse|grafana)/[\w./-]*)`", path.read_text())
    real = [n for n in named if n != "streams/_data/" and "NNNN" not in n]
    assert [n for n in real if not (ROOT / n).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_a_command_that_is_named_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    known = {c.name for c in build().registered_commands}
    known |= {g.name for g in build().registered_groups}
    assert set(re.findall(r"(?:`|uv run )vigie ([a-z][a-z-]*)", text)) <= known


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_a_target_that_is_named_exists(path: Path) -> None:
    just = Path(sys.executable).parent / "just"
    said = subprocess.run([just, "--summary"], cwd=ROOT, capture_output=True, check=True)
    known = set(said.stdout.decode().split())
    assert set(re.findall(r"(?:`|uv run )just ([a-z][a-z-]*)", path.read_text("utf-8"))) <= known


def test_the_readme_says_what_it_is_in_ten_lines() -> None:
    first = README.split("\n\n")[2]
    assert len(first.split("\n")) == 10
    assert max(map(len, first.split("\n"))) <= 100


@pytest.mark.parametrize("name", ["README.md", "README.fr.md"])
def test_two_commands_do_all_the_set_up(name: str) -> None:
    assert shell((ROOT / name).read_text("utf-8"))[0] == ["uv run vigie demo", "uv run just test"]


def test_the_readme_says_what_it_is_not_and_what_nobody_ran() -> None:
    for words in ("telecommand", "bike-share", "3D models", "context\nbroker", "video"):
        assert words in README
    assert "No machine of ours, CI included, has run these containers" in README


def test_ci_runs_what_the_readme_says() -> None:
    justfile = (ROOT / "justfile").read_text("utf-8")
    assert re.search(r"^test \*arguments:\n    uv run pytest ", justfile, re.MULTILINE)
    assert re.search(r"^ci: lint test$", justfile, re.MULTILINE)
    assert "uv run just ci" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_ports_are_those_of_the_settings() -> None:
    text = (FOLDER / "operate.md").read_text("utf-8")
    told = {
        int(p) for row in re.findall(r"^\| (1\d{4}.*?) \|", text, re.M) for p in row.split(", ")
    }
    defaults = {n: f.default for n, f in Settings.model_fields.items() if n.endswith("_port")}
    assert told == {port for port in defaults.values() if port}


def test_a_reason_that_is_explained_exists() -> None:
    text = (FOLDER / "dead-letters.md").read_text("utf-8")
    rows = re.findall(r"^\| (?:decode|observe|sink|any) \| (.*?) \|", text, re.M)
    code = "".join(
        p.read_text("utf-8") for f in ("streams", "connectors") for p in (ROOT / f).rglob("*.py")
    )
    told = {reason for row in rows for reason in re.findall(r"`(\w+)`", row)}
    assert len(told) > 20
    assert {reason for reason in told if f'"{reason}"' not in code} == set()


ELSEWHERE = re.compile(
    r"streams/(fit/|resolutions|registry|codecs/batch)"
    r"|connectors/(erasure|files|inventory|notifiers|simulator|webhook)/"
    r"|connectors/(admission|body_file|codec_file|normalised|pull|series_csv|source_file)\."
)
"""Where a Skip answers who asks, or is logged: no message dies of it."""


def test_a_reason_of_which_a_message_dies_is_explained() -> None:
    text = (FOLDER / "dead-letters.md").read_text("utf-8")
    given: set[str] = set()
    for folder in ("streams", "connectors"):
        for path in (ROOT / folder).rglob("*.py"):
            if not ELSEWHERE.match(path.relative_to(ROOT).as_posix()):
                given |= set(re.findall(r"Skip\(\s*\"(\w+)\"", path.read_text("utf-8")))
    assert len(given) > 30
    assert {reason for reason in given if f"`{reason}`" not in text} == set()


@pytest.mark.parametrize(
    ("page", "part", "model"),
    [
        ("networks/generic.md", "mapping", UplinkMapping),
        ("networks/csv.md", "table", TableMapping),
        ("logger-files.md", "pull", Pull),
    ],
)
def test_a_table_of_fields_has_them_all(page: str, part: str, model: type[BaseModel]) -> None:
    _, _, table = (FOLDER / page).read_text("utf-8").partition(f"| in `{part}` |")
    rows = re.findall(r"^\| (`.*?) \|", table.partition("\n\n")[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(model.model_fields)
