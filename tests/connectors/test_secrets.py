"""Secrets come from the environment or from a file, and from nowhere else."""

from pathlib import Path

import pytest

from connectors.secrets import secret
from streams.errors import Stop


def test_environment_before_file(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "TTS").write_text("from file\n", "utf-8")
    assert secret(tmp_path, "TTS", {}) == "from file"
    assert secret(tmp_path, "TTS", {"VIGIE_SECRET_TTS": "from environment"}) == "from environment"
    assert secret(tmp_path, "TTS", {"VIGIE_SECRET_TTS": ""}) == "from file"
    assert secret(tmp_path, "TTS", {"VIGIE_SECRET_TTS": " pasted\n"}) == "pasted"


def test_none_is_none(tmp_path: Path) -> None:
    assert secret(tmp_path, "TTS", {}) is None
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "TTS").write_bytes(b" \n")
    (tmp_path / "secrets" / "BYTES").write_bytes(b"\xff\xfe")
    assert secret(tmp_path, "TTS", {}) is None
    assert secret(tmp_path, "BYTES", {}) is None


def test_what_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secrets" / "TTS").mkdir(parents=True)
    with pytest.raises(Stop, match=r"secrets/TTS cannot be read \(Is a directory\).*SECRET_TTS"):
        secret(tmp_path, "TTS", {})
    assert secret(tmp_path, "TTS", {"VIGIE_SECRET_TTS": "set"}) == "set"
