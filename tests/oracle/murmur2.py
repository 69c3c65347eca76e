"""The partition of a key as the Java client computes it, written from its description.

Austin Appleby's MurmurHash2 (32 bit, seed 0x9747b28c), then the lowest 31 bits modulo the
partition count: org.apache.kafka.clients.producer.internals.BuiltInPartitioner.
"""

import struct

_FACTOR = 0x5BD1E995


def murmur2(key: bytes) -> int:
    """The hash of ``key``, unsigned."""
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4
    for (word,) in struct.iter_unpack("<I", key[: whole * 4]):
        word = (word * _FACTOR) % 2**32
        word ^= word >> 24
        word = (word * _FACTOR) % 2**32
        h = ((h * _FACTOR) % 2**32) ^ word
    rest = key[whole * 4 :]
    for i in reversed(range(len(rest))):
        h ^= rest[i] << (8 * i)
    if rest:
        h = (h * _FACTOR) % 2**32
    h ^= h >> 13
    h = (h * _FACTOR) % 2**32
    return h ^ (h >> 15)


def partition(key: bytes, partitions: int) -> int:
    """The partition of ``key`` among ``partitions``."""
    return (murmur2(key) % 2**31) % partitions
