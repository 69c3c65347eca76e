"""The inbox: what rests is taken once, whatever happens in between, and nothing is lost."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from structlog.testing import capture_logs

from connectors import networks
from connectors.files.importer import Importer
from connectors.files.inbox import PULLED, Inbox
from connectors.files.journal import Journal
from connectors.files.report import Report
from streams.discover import discover
from streams.errors import Retry
from streams.inventory import Source
from streams.registry import Registry
from streams.uplinks import Event, Network

TABLE = {"time": "time", "format": "s", "device": "d"}
SOURCE = Source.model_validate({"id": "loggers", "network": "csv", "table": TABLE})
REGISTRY = Registry().having("source", SOURCE.id, SOURCE)
GOOD = b"time,level\n1770909349,1\n1770909350,2\n"
REST = 5.0


def fit(_event: Event, _source: Source, _arrival: int) -> None:
    """Everything is."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder of the source, as an operator finds it."""
    return tmp_path / "inbox" / SOURCE.id


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    with Journal(tmp_path) as journal:
        yield Importer(
            discover(networks, Network), fit, journal, None, lambda: 0, lambda: "i", 1 << 20
        )


@pytest.fixture
def inbox(importer: Importer, place: Path) -> Inbox:
    place.mkdir(parents=True)
    return Inbox(place.parent, importer, REST)


def settled(inbox: Inbox) -> list[Report]:
    """Two looks, a rest apart."""
    return inbox.look(REGISTRY, 100.0) + inbox.look(REGISTRY, 100.0 + REST)


def drop(place: Path, name: str = "a.csv", content: bytes = GOOD) -> Path:
    path = place / name
    path.write_bytes(content)
    return path


def tree(place: Path) -> set[str]:
    return {str(p.relative_to(place)) for p in place.rglob("*") if p.is_file() or p.is_symlink()}


def report(place: Path, name: str) -> Any:
    return json.loads((place / f"{name}.report.json").read_text())


def test_what_rests_is_imported_and_put_away_with_its_report(inbox: Inbox, place: Path) -> None:
    drop(place)
    (found,) = settled(inbox)
    assert (found.rows, found.kept) == (2, 2)
    assert tree(place) == {"done/a.csv", "done/a.csv.report.json"}
    assert report(place, "done/a.csv")["kept"] == 2
    assert (place / "done" / "a.csv").read_bytes() == GOOD


def test_what_still_grows_is_left_alone(inbox: Inbox, place: Path) -> None:
    path = drop(place)
    assert inbox.look(REGISTRY, 0.0) == []
    with path.open("ab") as file:
        file.write(b"1770909351,3\n")
    assert inbox.look(REGISTRY, REST) == []
    assert inbox.look(REGISTRY, REST + 1) == []
    assert [r.kept for r in inbox.look(REGISTRY, 2 * REST)] == [3]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"a;b\n", "no_column"),
        (GOOD + b"tomorrow,3\n", None),
    ],
)
def test_what_has_anything_refused_says_why(
    inbox: Inbox, place: Path, content: bytes, reason: str | None
) -> None:
    drop(place, content=content)
    settled(inbox)
    assert tree(place) == {"refused/a.csv", "refused/a.csv.report.json"}
    said = report(place, "refused/a.csv")
    assert said["refusal"] == reason
    assert reason or said["reasons"][0]["lines"] == [4]


def test_links_hidden_and_partial_files_stay(inbox: Inbox, place: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(GOOD)
    (place / "link.csv").symlink_to(secret)
    for name in (".hidden.csv", "a.csv.part", "a.tmp", "a~"):
        drop(place, name)
    (place / "folder").mkdir()
    with capture_logs() as logs:
        assert settled(inbox) == []
    assert secret.read_bytes() == GOOD
    assert len(tree(place)) == 5
    told = {Path(log["file"]).name for log in logs if log["event"] == "left_in_the_inbox"}
    assert told == {"link.csv", "folder"}
    assert len(logs) == 2


def test_a_file_of_the_same_name_replaces_none(inbox: Inbox, place: Path) -> None:
    for n in range(3):
        drop(place, content=GOOD + b"%d,3\n" % (1_770_909_360 + n))
        settled(inbox)
    assert {"done/a.csv", "done/a.2.csv", "done/a.3.csv"} <= tree(place)
    assert len({(place / "done" / n).read_bytes() for n in ("a.csv", "a.2.csv", "a.3.csv")}) == 3


@pytest.mark.parametrize("name", ["n" * 251 + ".csv", "é" * 125 + ".csv"])
def test_a_long_name_is_shortened(inbox: Inbox, place: Path, name: str) -> None:
    drop(place, name)
    (found,) = settled(inbox)
    assert found.kept == 2
    names = {os.fsencode(name) for name in tree(place)}
    assert len(names) == 2
    assert all(len(name) < 230 for name in names)


def test_a_name_that_is_no_text_does_no_harm(inbox: Inbox, place: Path) -> None:
    (place / os.fsdecode(b"caf\xe9.csv")).write_bytes(GOOD)
    assert [r.kept for r in settled(inbox)] == [2]


def test_a_folder_that_cannot_be_used_is_said_and_holds_up_no_other(
    inbox: Inbox, place: Path
) -> None:
    other = Source.model_validate(SOURCE.model_dump() | {"id": "other"})
    (place.parent / "other").write_text("in the way")
    drop(place)
    registry = REGISTRY.having("source", "other", other)
    with capture_logs() as logs:
        found = inbox.look(registry, 0.0) + inbox.look(registry, REST)
    assert [r.kept for r in found] == [2]
    assert [log["file"] for log in logs if log["log_level"] == "warning"] == [
        str(place.parent / "other")
    ]


def test_a_folder_that_cannot_be_listed_is_said_and_ends_no_process(
    inbox: Inbox, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = os.scandir

    def listing(path: Any) -> Any:
        if Path(path) == place:
            raise PermissionError(13, "Permission denied")
        return listed(path)

    drop(place)
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(os, "scandir", listing)
        assert settled(inbox) == []
    assert [log["file"] for log in logs] == [str(place)]
    assert [r.kept for r in settled(inbox)] == [2]


def test_files_of_no_declared_source_wait(inbox: Inbox, place: Path) -> None:
    drop(place)
    with capture_logs() as logs:
        assert inbox.look(Registry(), 0.0) == inbox.look(Registry(), REST) == []
    assert [log["why"] for log in logs] == ["no source of this name is declared"]
    assert tree(place) == {"a.csv"}
    assert [r.kept for r in settled(inbox)] == [2]


def stopping(inbox: Inbox, monkeypatch: pytest.MonkeyPatch, method: str, owner: object) -> None:
    """What a method would do ends as a crash would end it."""

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(owner, method, crash)
        with pytest.raises(KeyboardInterrupt):
            settled(inbox)


@pytest.mark.parametrize(
    ("method", "owner"),
    [
        ("rename", Path),
        ("take", Importer),
        ("replace", Path),
        ("write_text", Path),
        ("finished", Journal),
        ("acknowledged", Journal),
    ],
)
def test_a_crash_at_any_point_loses_nothing_and_tells_the_same(
    inbox: Inbox,
    place: Path,
    importer: Importer,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    owner: object,
) -> None:
    drop(place)
    stopping(inbox, monkeypatch, method, owner)
    settled(Inbox(place.parent, importer, REST))
    assert tree(place) == {"done/a.csv", "done/a.csv.report.json"}
    assert report(place, "done/a.csv")["kept"] == 2


def test_a_file_that_changes_while_it_is_read_is_read_again(
    inbox: Inbox, place: Path, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(place)
    take = Importer.take

    def taking(self: Importer, file: BinaryIO, name: str, source: Source) -> tuple[Report, bytes]:
        done = take(self, file, name, source)
        with (place / ".taken" / path.name).open("ab") as more:
            more.write(b"1770909351,3\n")
        return done

    with monkeypatch.context() as writing:
        writing.setattr(Importer, "take", taking)
        assert settled(inbox) == []
    assert tree(place) == {".taken/a.csv"}
    (found,) = inbox.look(REGISTRY, 200.0) + inbox.look(REGISTRY, 200.0 + REST)
    assert (found.rows, found.kept, found.duplicate) == (3, 1, 2)


def test_a_broker_that_is_away_costs_no_file(
    inbox: Inbox, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Retry("away")

    drop(place)
    with monkeypatch.context() as broken:
        broken.setattr(Importer, "take", away)
        with pytest.raises(Retry):
            settled(inbox)
    assert tree(place) == {".taken/a.csv"}
    inbox.look(REGISTRY, 200.0)
    assert [r.kept for r in inbox.look(REGISTRY, 200.0 + REST)] == [2]


def test_a_file_that_cannot_be_read_holds_up_no_other(
    inbox: Inbox, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open
    drop(place, "a.csv")
    drop(place, "b.csv", GOOD + b"1770909351,3\n")

    def opening(path: Any, *flags: Any) -> int:
        if Path(path).name == "a.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path, *flags)

    with monkeypatch.context() as broken:
        broken.setattr(os, "open", opening)
        assert [r.file for r in settled(inbox)] == ["b.csv"]
    assert ".taken/a.csv" in tree(place)


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (GOOD, set()),
        (b"time,level\n", set()),
        (b"no table\n", {"refused/p.csv", "refused/p.csv.report.json"}),
        (GOOD + b"tomorrow,1\n", {"refused/p.csv", "refused/p.csv.report.json"}),
    ],
)
def test_what_was_pulled_is_kept_only_where_something_was_refused(
    inbox: Inbox, place: Path, content: bytes, left: set[str]
) -> None:
    (place / PULLED).mkdir()
    drop(place / PULLED, "p.csv", content)
    assert len(inbox.look(REGISTRY, 0.0)) == 1
    assert tree(place) == left
