"""The product's own host and handler in a plain confluent-kafka loop, without Faust."""

from concurrent.futures import ThreadPoolExecutor

from confluent_kafka import Consumer, TopicPartition

from streams.follower import Follower
from streams.host import Host, by_partition
from streams.kafka import consumer_options
from streams.observe import observe
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topic_reader import record_of
from streams.topics import READINGS


def main(settings: Settings) -> None:
    """Run until a signal ends it: it takes no part in a group, so it has all partitions."""
    wire = connect(settings)
    follower = Follower(settings, wire).start()
    horizon = settings.horizon_hours * 3_600_000_000
    host = Host(observe(wire, follower.declarations, horizon), settings, lambda *_: None)
    host.assign(frozenset(range(settings.partitions)))
    host.open()
    consumer = Consumer(consumer_options(settings, settings.application))
    topic = READINGS.name(settings.topic_prefix)
    consumer.assign([TopicPartition(topic, p, 0) for p in range(settings.partitions)])
    with ThreadPoolExecutor(settings.partitions) as pool:
        while True:
            found = consumer.consume(settings.batch_max * settings.partitions, 0.05)
            records = [record_of(m) for m in found if not m.error()]
            batches = by_partition(records)
            list(pool.map(host.process, batches.keys(), batches.values()))


if __name__ == "__main__":
    main(Settings())
