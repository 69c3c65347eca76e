"""``vigie registry apply``: the page's own example, on the real servers."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build
from streams.follower import Follower
from streams.schema_registry import connect
from streams.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "operate.md"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "city.yaml").write_text(example)
    (tmp_path / "gauge.js").write_text("function decodeUplink() { return {data: {}}; }")
    return tmp_path


@pytest.fixture
def environment(apart: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = apart()
    for name in ("home", "topic_prefix", "application", "kafka_port", "schema_registry_port"):
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(settings, name)))
    return settings


def test_the_example_of_the_page_is_declared(environment: Settings, inventory: Path) -> None:
    done = CliRunner().invoke(build(), ["registry", "apply", str(inventory), "--yes"])
    assert done.exit_code == 0, done.output
    follower = Follower(environment, connect(environment)).start()
    follower.close()
    kinds = ("use_case", "source", "codec", "device", "deployment", "profile")
    assert [len(follower.current.all(kind)) for kind in kinds] == [1] * 6
    assert follower.current.get("codec", "gauge").script.startswith("function")


def test_an_empty_folder_is_refused(environment: Settings, tmp_path: Path) -> None:
    done = CliRunner().invoke(build(), ["registry", "apply", str(tmp_path)])
    assert done.exit_code != 0
    assert "is it the folder of the inventory" in str(done.exception)
