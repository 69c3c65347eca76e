"""The frames of a run, on disk for as long as it is at work."""

from pathlib import Path

import numpy as np

from connectors.reprocess import spool


def test_frames_of_a_span_come_back_and_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "r.frames"
    one, two, three = ({"counter": n, "measures": []} for n in (1, 2, 3))
    frames = [("a", 10, 20, one), ("b", 10, 20, three), ("a", 30, 30, two)]
    assert spool.fill(path, frames) == 3
    assert list(spool.between(path, ["a"], (20, 30))) == [one]
    assert list(spool.between(path, ["a"], (21, 31))) == [two]
    assert list(spool.between(path, ["a", "b", "c"], (0, 99))) == [one, two, three]
    assert path.stat().st_mode & 0o077 == 0
    assert spool.fill(path, frames[:1]) == 1
    assert list(spool.between(path, ["a", "b"], (0, 99))) == [one]
    spool.remove(path)
    spool.remove(path)
    assert not path.exists()


def test_many_frames_come_back_once_in_their_order(tmp_path: Path) -> None:
    path, of, many = tmp_path / "r.frames", [{}] * 99, spool.CHUNK // 100 * 2 + 7
    frames = [(f"d{n % 3}", n, n + 5, {"counter": n, "measures": of}) for n in range(many)]
    assert many > 3 * spool.ROW
    assert spool.fill(path, iter(frames)) == many
    for device in ("d0", "d1", "d2"):
        found = [f["counter"] for f in spool.between(path, [device], (100, many - 100))]
        assert found == [n for d, n, _, _ in frames if d == device and 95 <= n < many - 100]


def test_a_number_that_a_format_took_from_an_array_comes_back_as_that_number(
    tmp_path: Path,
) -> None:
    path, radio = tmp_path / "r.frames", {"rssi": np.float64(-71.5), "frequency": np.int64(868)}
    spool.fill(path, [("a", 1, 1, {"radio": radio, "measures": []})])
    (frame,) = spool.between(path, ["a"], (0, 9))
    assert frame["radio"] == {"rssi": -71.5, "frequency": 868}
