"""The oracle's murmur2 against the values of the Java client's own tests."""

import pytest

from tests.oracle.murmur2 import murmur2, partition


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_as_org_apache_kafka_common_utils_utils_test_has_it(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed % 2**32


def test_a_partition_is_never_negative() -> None:
    assert {partition(f"{i:016X}".encode(), 8) for i in range(200)} == set(range(8))
