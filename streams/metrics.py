"""What a worker tells Prometheus: every meter once, with what to be alarmed at.

Source of names and types: Prometheus documentation, "Metric and label naming".
"""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from streams.handler import Effects

LANE = ("handler", "partition")


@dataclass(frozen=True)
class Meter:
    """``alarm`` is an expression that should be false, empty where none is sensible, and
    ``then`` what to look at."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    alarm: str = ""
    then: str = ""


METERS: dict[str, Meter] = {}
"""By name, in the order of this file: the reference page is written from it."""


def _meter(kind: type[Any], name: str, text: str, labels: tuple[str, ...], *hint: str) -> Any:
    suffix = "_total" if kind is Counter else ""
    METERS[name] = Meter(name + suffix, kind.__name__.lower(), labels, text, *hint)
    return kind(name, text, labels)


def _counter(name: str, text: str, labels: tuple[str, ...], *hint: str) -> Counter:
    found: Counter = _meter(Counter, name, text, labels, *hint)
    return found


def _gauge(name: str, text: str, labels: tuple[str, ...], *hint: str) -> Gauge:
    found: Gauge = _meter(Gauge, name, text, labels, *hint)
    return found


RECORDS = _counter(
    "vigie_records",
    "Records done; its rate is the throughput.",
    ("handler",),
)
OUTPUTS = _counter("vigie_outputs", "Messages sent, by topic.", ("handler", "topic"))
BATCH: Histogram = _meter(
    Histogram,
    "vigie_batch_seconds",
    "From the start of a batch to its commit.",
    ("handler",),
    "histogram_quantile(0.99, rate(vigie_batch_seconds_bucket[5m])) > 5",
    "a slow broker, or a machine that is too small",
)
LAG = _gauge(
    "vigie_lag",
    "Offsets between the position and the end of the partition, markers of transactions included.",
    LANE,
    "min_over_time(vigie_lag[10m]) > 10000",
    "more comes than one worker does: raise `workers`, or look for what slows it",
)
COMMITTED = _gauge(
    "vigie_commit_timestamp_seconds",
    "When the last batch was committed, wall clock; ticks make one a minute.",
    LANE,
    "time() - vigie_commit_timestamp_seconds > 300",
    "no ticks come (the scheduler), or the worker stands",
)
CLOCK = _gauge(
    "vigie_clock_seconds",
    "The partition's clock: the highest arrival seen on it.",
    LANE,
    "time() - vigie_clock_seconds > 300",
    "as above; in a replay it is that of the replayed week",
)
RETRIES = _counter(
    "vigie_transaction_retries",
    "Transactions that were aborted and made again.",
    LANE,
    "increase(vigie_transaction_retries_total[15m]) > 10",
    "the broker's log",
)
HEALED = _counter(
    "vigie_healed",
    "Records that were not delivered and read by hand.",
    ("handler",),
    "increase(vigie_healed_total[1h]) > 100000",
    "rebalances without end: a worker that starts over and over",
)
LETTERS = _counter(
    "vigie_dead_letters",
    "Records that became dead letters.",
    ("handler",),
    "increase(vigie_dead_letters_total[1h]) > 0",
    "`vigie dead-letters list`",
)
ERASED = _counter("vigie_erased", "Messages passed over because they are erased.", ("handler",))
LATE = _counter(
    "vigie_late_samples",
    "Samples older than the horizon: the batch judges them, their days are pending.",
    (),
    "increase(vigie_late_samples_total[1d]) > 10000",
    "devices whose clocks are wrong, or a network server that delivers days late",
)
REVISIONS = _counter(
    "vigie_revisions",
    "Rows said again because what they say has changed, windows that grow among them.",
    ("table",),
)
WITHDRAWN = _counter(
    "vigie_withdrawn",
    "Rows withdrawn because what they were made of is no more.",
    ("table",),
)
STATE = _gauge(
    "vigie_state",
    "What is held of a partition: `devices`, `chunks` of an hour, `rows` of the devices that are "
    "unpacked, `bytes`; looked at once a minute.",
    (*LANE, "what"),
    "sum by (instance) (vigie_state{what='bytes'}) > 2e9",
    "more workers share it",
)

_OF_A_LANE = (LAG, COMMITTED, CLOCK)
_COUNTED = {"revised": REVISIONS, "withdrawn": WITHDRAWN}


def done(lane: tuple[str, int], effects: Effects, records: int, clock: int, at: float) -> None:
    """A batch of a handler on a partition is committed; ``clock`` in UTC microseconds, ``at`` in
    seconds since 1970."""
    handler, partition = lane[0], str(lane[1])
    RECORDS.labels(handler).inc(records)
    LETTERS.labels(handler).inc(effects.letters)
    ERASED.labels(handler).inc(effects.erased)
    COMMITTED.labels(handler, partition).set(at)
    CLOCK.labels(handler, partition).set(clock / 1e6)
    for topic, count in Tally(output.topic.short for output in effects.outputs).items():
        OUTPUTS.labels(handler, topic).inc(count)
    for (what, table), count in effects.counts.items():
        if what == "late":
            LATE.inc(count)
        else:
            _COUNTED[what].labels(table).inc(count)


def held(handler: str, partition: int, sizes: Mapping[str, int]) -> None:
    """How large the state of a partition is."""
    for what, size in sizes.items():
        STATE.labels(handler, str(partition), what).set(size)


def forget(handler: str, partition: int, sizes: Iterable[str]) -> None:
    """Say nothing more of a partition that another worker has; ``sizes`` are what :func:`held`
    told of."""
    for gauge in _OF_A_LANE:
        gauge.remove(handler, str(partition))
    for what in sizes:
        STATE.remove(handler, str(partition), what)
