"""The frames of a run, on disk for as long as it is at work."""

from pathlib import Path

from connectors.reprocess import spool


def test_frames_of_a_span_come_back_and_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "r.frames"
    frames = [("a", 10, 20, b"1"), ("a", 30, 30, b"2"), ("b", 10, 20, b"3")]
    assert spool.fill(path, frames) == 3
    assert list(spool.between(path, ["a"], (20, 30))) == [b"1"]
    assert list(spool.between(path, ["a"], (21, 31))) == [b"2"]
    assert list(spool.between(path, ["a", "b", "c"], (0, 99))) == [b"1", b"2", b"3"]
    assert path.stat().st_mode & 0o077 == 0
    assert spool.fill(path, frames[:1]) == 1
    assert list(spool.between(path, ["a", "b"], (0, 99))) == [b"1"]
    spool.remove(path)
    spool.remove(path)
    assert not path.exists()
