"""The one partitioner: murmur2 of the key, as the Java client has it.

librdkafka's default is CRC32, which would send a device elsewhere than Faust and the Java tools
do; ``partitioner=murmur2_random`` is the same function as this one.

Source: org.apache.kafka.common.utils.Utils.murmur2, Apache Kafka 4.x.
"""

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995


def murmur2(data: bytes) -> int:
    """32-bit murmur2 with Kafka's seed, unsigned."""
    length = len(data)
    h = (0x9747B28C ^ length) & _MASK
    for i in range(0, length - 3, 4):
        k = int.from_bytes(data[i : i + 4], "little") * _M & _MASK
        k = (k ^ (k >> 24)) * _M & _MASK
        h = (h * _M & _MASK) ^ k
    tail = data[length & ~3 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * _M & _MASK
    h = (h ^ (h >> 13)) * _M & _MASK
    return h ^ (h >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a non-empty key among ``partitions``."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
