"""The journal of imports says what to do when it cannot be used."""

from pathlib import Path

import pytest

from connectors.files.journal import Journal, Place
from connectors.files.report import Report
from streams.errors import Retry, Stop


def place_of(home: Path) -> Path:
    return home / "data" / "import" / "journal.sqlite"


def test_it_outlives_its_process(tmp_path: Path) -> None:
    report = Report("a", "s", rows=3, kept=2)
    with Journal(tmp_path) as first:
        first.acknowledged(b"d", Place(7, 3), report, [b"1", b"2"])
        first.pull("s", 9)
    with Journal(tmp_path) as second:
        assert second.begun(b"d", "a", "s") == (Place(7, 3), report)
        assert second.known([b"0", b"1", b"2"] * 1000) == {b"1", b"2"}
        assert (second.pulled("s"), second.pulled("t")) == (9, None)
        second.finished(b"d")
        assert second.begun(b"d", "a", "s") == (Place(), Report("a", "s"))


def test_two_processes_may_use_it(tmp_path: Path) -> None:
    with Journal(tmp_path) as one, Journal(tmp_path) as other:
        one.acknowledged(b"d", Place(), Report("a", "s"), [b"1"])
        other.acknowledged(b"e", Place(), Report("b", "s"), [b"1", b"2"])
        assert one.known([b"1", b"2"]) == {b"1", b"2"}


def test_a_file_that_is_none_stops_with_a_remedy(tmp_path: Path) -> None:
    path = place_of(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(Stop, match="remove it"):
        Journal(tmp_path)


def test_one_that_breaks_meanwhile_waits_with_a_remedy(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal._base.execute("DROP TABLE frames")
        with pytest.raises(Retry, match="rows are sent again"):
            journal.known([b"1"])
        with pytest.raises(Retry, match="rows are sent again"):
            journal.acknowledged(b"d", Place(), Report("a", "s"), [b"1"])
