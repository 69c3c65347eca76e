"""Fetched once, whole or not at all, checked; a second start needs nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest

from embedded import downloads, kafka, schema_registry
from embedded.downloads import Download, digest_of, obtain
from embedded.progress import Progress, silent
from streams.errors import Stop
from streams.settings import Settings


def _writes(text: str) -> Callable[[Path, Progress], None]:
    def fetch(folder: Path, progress: Progress) -> None:
        (folder / "lib").mkdir()
        (folder / "lib" / "a.jar").write_text(text)

    return fetch


def _digest(tmp_path: Path, text: str) -> str:
    (tmp_path / "sample").mkdir()
    _writes(text)(tmp_path / "sample", silent)
    return digest_of(tmp_path / "sample")


def _never(folder: Path, progress: Progress) -> None:
    raise AssertionError("the network was asked")


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    digest = _digest(tmp_path, "jar")
    first = obtain(Download("one-1.0", digest, _writes("jar")), tmp_path / "cache", silent)
    again = obtain(Download("one-1.0", digest, _never), tmp_path / "cache", silent)
    assert first == again
    assert (again / "lib" / "a.jar").read_text() == "jar"


def test_other_bytes_than_expected_are_refused_and_not_kept(tmp_path: Path) -> None:
    digest = _digest(tmp_path, "jar")
    with pytest.raises(Stop, match="digest"):
        obtain(Download("one-1.0", digest, _writes("forged")), tmp_path / "cache", silent)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cut_connection_is_tried_again_from_the_beginning(tmp_path: Path) -> None:
    digest = _digest(tmp_path, "jar")
    tries = []

    def fetch(folder: Path, progress: Progress) -> None:
        tries.append(folder)
        if len(tries) == 1:
            (folder / "half.jar").write_text("ja")
            raise ConnectionResetError("cut")
        _writes("jar")(folder, progress)

    obtain(Download("one-1.0", digest, fetch), tmp_path / "cache", silent)
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["one-1.0"]


def test_no_network_is_said_plainly_and_leaves_nothing(tmp_path: Path) -> None:
    def fetch(folder: Path, progress: Progress) -> None:
        raise RuntimeError("Could not resolve artifact")

    with pytest.raises(Stop, match="first start needs the network"):
        obtain(Download("one-1.0", "", fetch), tmp_path / "cache", silent)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_servers_start_without_a_resolver_once_fetched(
    servers: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_maven", _never)
    assert kafka.kafka(servers, silent).command
    assert schema_registry.schema_registry(servers, silent).command
