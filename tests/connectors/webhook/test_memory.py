"""What the door remembers of its last start."""

from pathlib import Path

import pytest

from connectors.webhook import memory
from streams.inventory import Source
from streams.settings import Settings

SOURCES = (
    Source(id="city-tts", network="tts", secret=("OLD", "NEW")),
    Source(id="simulated", network="chirpstack", secret=("A",), simulated=True),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"home": tmp_path, "kafka_url": "user:pass@broker:9092"})


def test_what_was_written_last_is_recalled(settings: Settings) -> None:
    assert memory.recall(settings) is None
    memory.write(settings, 7, SOURCES[:1])
    memory.write(settings, 2, SOURCES)
    assert memory.recall(settings) == memory.Remembered(2, {s.id: s for s in SOURCES})
    assert [p.name for p in memory.path(settings).parent.iterdir()] == ["last-seen.json"]
    assert b"pass" not in memory.path(settings).read_bytes()


def test_a_disk_that_takes_nothing_is_not_filled_with_drafts(settings: Settings) -> None:
    memory.path(settings).mkdir(parents=True)
    for _ in range(3):
        with pytest.raises(OSError, match="last-seen"):
            memory.write(settings, 2, SOURCES)
    assert len(list(memory.path(settings).parent.iterdir())) == 2


def test_the_memory_of_other_servers_is_none(settings: Settings) -> None:
    memory.write(settings, 2, SOURCES)
    for other in ({"kafka_url": "another:9092"}, {"topic_prefix": "another"}):
        assert memory.recall(settings.model_copy(update=other)) is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"of": 1}', b"\xff", b'{"schema_id": "x"}']
)
def test_a_memory_that_cannot_be_read_is_none(settings: Settings, content: bytes) -> None:
    memory.write(settings, 2, SOURCES)
    memory.path(settings).write_bytes(content)
    assert memory.recall(settings) is None


def test_a_memory_with_a_source_that_is_none_is_none(settings: Settings) -> None:
    memory.write(settings, 2, SOURCES)
    told = memory.path(settings).read_text()
    memory.path(settings).write_text(told.replace('"network": "tts", ', ""))
    assert memory.recall(settings) is None
