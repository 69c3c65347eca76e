"""Reading a topic by hand: everything that is there, removals included."""

from collections.abc import Callable

from confluent_kafka import Producer

from connectors.erasure.reading import Reader
from streams.kafka import producer_options
from streams.settings import Settings
from streams.topics import PENDING, STATE


def test_a_removal_is_a_record_and_the_end_of_another_partition_no_end(
    apart: Callable[..., Settings],
) -> None:
    settings = apart(partitions=2)
    producer = Producer(producer_options(settings))
    state, pending = (t.name(settings.topic_prefix) for t in (STATE, PENDING))
    for n in range(20):
        producer.produce(pending, b"v", b"k%d" % n, partition=0)
    for n in range(3):
        producer.produce(state, None, b"gone%d" % n, partition=1)
    assert producer.flush(30) == 0
    with Reader(settings) as reader:
        for _ in range(3):
            assert len(list(reader.records(pending, 0, 20))) == 20
            found = list(reader.records(state, 1, 3))
            assert [(r.key, r.value) for r in found] == [
                (b"gone0", None),
                (b"gone1", None),
                (b"gone2", None),
            ]
