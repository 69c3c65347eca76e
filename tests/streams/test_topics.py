"""Topics as the broker has them, not as we asked."""

from collections.abc import Callable

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from streams.errors import Stop
from streams.kafka import create_topics, high_watermarks
from streams.settings import Settings
from streams.topics import ALL, CLOCK, CONDITIONS, NOTIFICATIONS, leader_topic

World = Callable[..., Settings]


def described(settings: Settings) -> dict[str, dict[str, str]]:
    admin = AdminClient({"bootstrap.servers": settings.kafka})
    asked = [ConfigResource(ResourceType.TOPIC, t.name(settings.topic_prefix)) for t in ALL]
    found = admin.describe_configs(asked)
    return {
        resource.name: {k: v.value for k, v in done.result(20).items()}
        for resource, done in found.items()
    }


def test_retention_compaction_stamps_and_size_are_the_declared_ones(apart: World) -> None:
    settings = apart()
    configs = described(settings)
    for topic in ALL:
        config = configs[topic.name(settings.topic_prefix)]
        assert config["cleanup.policy"] == ("compact" if topic.compacted else "delete")
        assert config["retention.ms"] == str(topic.retention_ms)
        assert config["max.message.bytes"] == str(8 << 20)
        stamp = "LogAppendTime" if topic is CLOCK else "CreateTime"
        assert config["message.timestamp.type"] == stamp


def test_on_a_simulated_clock_nothing_is_ever_too_old(apart: World) -> None:
    settings = apart(clock="simulated")
    assert {c["retention.ms"] for c in described(settings).values()} == {"-1"}


def test_every_topic_has_the_partitions_but_those_that_one_process_reads(apart: World) -> None:
    settings = apart(partitions=3)
    create_topics(settings)
    topics = AdminClient({"bootstrap.servers": settings.kafka}).list_topics(timeout=20).topics
    sizes = {t: len(topics[t.name(settings.topic_prefix)].partitions) for t in ALL}
    assert {t for t, size in sizes.items() if size == 1} == {CONDITIONS, NOTIFICATIONS}
    assert set(sizes.values()) == {1, 3}
    assert high_watermarks(settings, CONDITIONS.name(settings.topic_prefix)) == {0: 0}
    assert len(topics[leader_topic(settings)].partitions) == 1


def test_another_partition_count_stops_with_the_remedy(apart: World) -> None:
    settings = apart(partitions=2)
    with pytest.raises(Stop, match="fixed for life, set VIGIE_PARTITIONS back"):
        create_topics(settings.model_copy(update={"partitions": 4}))
