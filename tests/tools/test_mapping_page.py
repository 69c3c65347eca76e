"""Every worked example of the page on mappings does what the page says."""

import json
import os
import re
import shlex
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.inventory import Codec, micros
from streams.inventory import Path as Mapped
from streams.inventory.vocabulary import vocabulary
from streams.mapping import Times, mapper
from streams.registry import Registry
from tools.docs import FOLDER

TEXT = (FOLDER / "mapping.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```\n```json\n(.*?)```\n```json\n(.*?)```", TEXT, re.DOTALL)
NOW = 1_790_000_000_000_000
REGISTRY = Registry({"property": {p.id: p for p in vocabulary()}})


def _micros(at: str | None) -> int | None:
    return None if at is None else micros(datetime.fromisoformat(at))


def test_every_block_is_an_example() -> None:
    assert len(EXAMPLES) == TEXT.count("```yaml") == TEXT.count("```json") / 2
    assert EXAMPLES


@pytest.mark.parametrize(("mapping", "said", "expected"), EXAMPLES)
def test_the_measures_are_those_of_the_page(mapping: str, said: str, expected: str) -> None:
    paths = tuple(Mapped.model_validate(path) for path in yaml.safe_load(mapping))
    codec = Codec(id="example", decoded=True, mapping=paths)
    result = mapper(codec, REGISTRY)(json.loads(said), Times(NOW, NOW))
    wanted: list[dict[str, Any]] = [
        {"channel": "", **m, "observed_at": _micros(m.get("observed_at"))}
        for m in json.loads(expected)
    ]
    assert result.refused is None
    assert [m | {"value": pytest.approx(m["value"])} for m in wanted] == result.measures


def test_the_commands_of_the_page_print_what_it_says(tmp_path: Path) -> None:
    (script,) = re.findall(r"```js\n(.*?)```", TEXT, re.DOTALL)
    declared, said = (
        next(b for b in re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL) if b.startswith(start))
        for start in ("codec:", "{")
    )
    (tmp_path / "gauge.js").write_text(script)
    (tmp_path / "codecs.yaml").write_text(declared)
    alone, mapped = (
        subprocess.run(
            [sys.executable, "-m", "cli", *shlex.split(line)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(FOLDER.parent)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for line in re.findall(r"^uv run vigie (.*)$", TEXT, re.MULTILINE)
    )
    assert alone == said
    (measure,) = json.loads(mapped)["measures"]
    assert (measure["property"], measure["value"], measure["unit"]) == ("distance", 500.0, "mm")
