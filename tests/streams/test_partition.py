"""Whoever produces, a device's records lie on one partition."""

from collections.abc import Callable

from aiokafka.partitioner import murmur2 as aiokafka_murmur2
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka import producer_options
from streams.partition import murmur2, partition_of
from streams.settings import Settings
from streams.topics import READINGS
from tests.oracle import murmur2 as oracle

IDS = 10_000


@given(st.binary(max_size=64))
def test_murmur2_is_that_of_the_java_client_and_of_faust(key: bytes) -> None:
    assert murmur2(key) == oracle.murmur2(key)
    assert murmur2(key) == aiokafka_murmur2(key) & 0xFFFFFFFF


def test_the_published_vectors_of_kafkas_own_test() -> None:
    known = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}
    for key, signed in known.items():
        assert murmur2(key) == signed & 0xFFFFFFFF


def test_librdkafka_puts_ten_thousand_devices_where_we_say(apart: Callable[..., Settings]) -> None:
    settings = apart(partitions=24)
    placed: dict[bytes, int] = {}
    producer = Producer(producer_options(settings))

    def report(error: object, message: object) -> None:
        assert error is None
        placed[message.key()] = message.partition()  # type: ignore[attr-defined]

    for i in range(IDS):
        key = f"{0x70B3D57ED0000000 + i:016X}".encode()
        producer.produce(READINGS.name(settings.topic_prefix), b"", key, on_delivery=report)
        producer.poll(0)
    assert producer.flush(30) == 0
    assert len(placed) == IDS
    assert {k: partition_of(k, 24) for k in placed} == placed
