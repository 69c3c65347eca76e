"""What is asked for and what is dropped, onto the real Kafka."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.files.appender import Appender
from connectors.files.inbox import Inbox
from connectors.files.session import Session, session, wall
from connectors.intake import alone, once
from connectors.pull import Puller
from embedded.home import lay_out
from streams.declare import declare
from streams.errors import Retry, Stop
from streams.inventory import KINDS
from streams.kafka import high_watermarks
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topic_reader import RangeReader
from streams.topics import UPLINKS
from tests.connectors.partner_double import partner

TABLE = {"time": "time", "format": "s", "device": "probe"}
HEAD = "time,level\n"


@pytest.fixture
def settings(apart: Callable[..., Settings], tmp_path: Path) -> Settings:
    lay_out(tmp_path / "home")
    return apart(home=tmp_path / "home", inbox_rest=0.01, partitions=2)


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    """Of a partner that has measured just now; the inventory that asks it is declared."""
    with partner() as double:
        objects = {
            "use_case": {"id": "u", "title_fr": "u", "title_en": "u"},
            "property": {
                "id": "level",
                "title_fr": "n",
                "title_en": "l",
                "unit": "m",
                "resolution": 0.1,
            },
            "codec": {
                "id": "c",
                "decoded": True,
                "mapping": [{"path": "level", "property": "level"}],
            },
            "device": {
                "id": "probe",
                "name": "p",
                "codec": "c",
                "use_case": "u",
                "nominal_period": 60,
            },
            "source": {
                "id": "station",
                "network": "csv",
                "table": TABLE,
                "pull": {"url": f"{double.url}/x", "schedule": "* * * * *"},
            },
        }
        told = [(kind, KINDS[kind].model_validate(body)) for kind, body in objects.items()]
        declare(settings, connect(settings), told, wall(), "test")
        yield double.url


def uplinks(settings: Settings) -> list[tuple[bytes | None, str, bytes]]:
    """Key, file and body of everything on the topic."""
    topic, wire = UPLINKS.name(settings.topic_prefix), connect(settings)
    reader = RangeReader(settings, topic)
    found = []
    for partition, end in high_watermarks(settings, topic).items():
        for record in reader.between(partition, 0, end) if end else ():
            _, uplink = wire.decode(record.value)
            found.append((record.key, uplink["query"]["file"], uplink["body"]))
    reader.close()
    return found


def looked(settings: Settings, opened: Session) -> None:
    """Two rounds of the process, a rest apart."""
    inbox = Inbox(settings.home / "inbox", opened.importer, settings.inbox_rest)
    puller = Puller(settings, opened.importer.journal, lambda _: None, wall)
    assert once(opened, inbox, puller)
    time.sleep(2 * settings.inbox_rest)
    assert once(opened, inbox, puller)


def test_what_is_asked_for_and_what_is_dropped_are_uplinks_once(
    settings: Settings, url: str
) -> None:
    inbox = settings.home / "inbox" / "station"
    inbox.mkdir(parents=True)
    now = wall() // 1_000_000
    dropped = f"{HEAD}{now},1\n{now + 1},0\n"
    (inbox / "a.csv").write_text(dropped)
    (inbox / "b.csv").write_text(dropped + f"{now + 2},3\n")
    with session(settings) as opened:
        looked(settings, opened)
        looked(settings, opened)
    found = {name: (key, body) for key, name, body in uplinks(settings)}
    pulled = found.pop(next(name for name in found if name.startswith("pulled-")))
    assert pulled == (b"probe", b"time,level\n1770909349,1\n")
    assert found == {
        "a.csv": (b"probe", dropped.encode()),
        "b.csv": (b"probe", f"{HEAD}{now + 2},3\n".encode()),
    }
    assert not any((inbox / ".pulled").iterdir())


def test_a_broker_that_is_away_is_said(tmp_path: Path) -> None:
    away = Appender(Settings(kafka_url="127.0.0.1:9", home=tmp_path), "t", within=0.5)
    sent = away.send(b"k", b"v", 0)
    with pytest.raises(Retry, match="goes on where this one stopped"):
        away.wait(sent)
    away.close()


def test_on_a_simulated_clock_nothing_is_imported(tmp_path: Path) -> None:
    opening = session(Settings(clock="simulated", home=tmp_path))
    with pytest.raises(Stop, match="simulated"):
        opening.__enter__()
    assert list(tmp_path.iterdir()) == []


def test_an_inbox_has_one_process(tmp_path: Path) -> None:
    with alone(tmp_path / "inbox"), pytest.raises(Stop, match="another process"):
        alone(tmp_path / "inbox").__enter__()
    with alone(tmp_path / "inbox"):
        assert os.access(tmp_path / "inbox", os.W_OK)


def test_an_inbox_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Stop, match="cannot be used"):
        alone(tmp_path / "file" / "inbox").__enter__()
