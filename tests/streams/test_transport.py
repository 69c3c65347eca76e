"""What Faust pauses and resumes is what is fetched, whatever came between."""

from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from streams.transport import AHEAD, Consumer

TPS = {TP("readings", p) for p in range(4)}


@pytest.fixture
def consumer() -> Any:
    """A consumer without its thread: nothing here speaks to a broker."""
    made: Any = Consumer.__new__(Consumer)
    made._active_partitions, made._paused_partitions = set(TPS), set()
    made._buffered_partitions, made._unacked_messages = set(), []
    made.app = SimpleNamespace(consumer_generation_id=7, in_recovery=False)
    return made


def held(tp: TP, records: int, generation: int = 7, acked: bool = False) -> Any:
    return SimpleNamespace(tp=tp, value=range(records), generation_id=generation, acked=acked)


def test_what_is_kept_over_a_rebalance_is_fetched_again(consumer: Any) -> None:
    """Faust pauses what is revoked, then leaves out what is paused, then resumes it."""
    kept = {tp for tp in TPS if tp.partition < 2}
    consumer.pause_partitions(TPS)
    assert consumer._wanted() == set()
    consumer._paused_partitions &= kept
    consumer._set_active_tps(kept)
    consumer.resume_partitions(kept)
    assert consumer._wanted() == kept


def test_a_partition_that_is_ahead_of_its_handler_waits_and_no_other(consumer: Any) -> None:
    first, second, *_ = sorted(TPS)
    consumer._unacked_messages = [
        held(first, AHEAD),
        held(second, AHEAD, generation=6),
        held(second, AHEAD, acked=True),
        held(second, AHEAD - 1),
    ]
    assert consumer._wanted() == TPS - {first}
    consumer._unacked_messages.clear()
    assert consumer._wanted() == TPS


def test_a_full_queue_pauses_nothing(consumer: Any) -> None:
    consumer.on_buffer_full(min(TPS))
    assert consumer._wanted() == TPS
