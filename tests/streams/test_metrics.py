"""Every meter is served under the name that its page has, and is gone with its partition."""

from prometheus_client import REGISTRY, generate_latest

from streams import metrics
from streams.handler import Effects, Output
from streams.topics import OBSERVATIONS


def served() -> str:
    return generate_latest(REGISTRY).decode()


def test_the_page_has_the_names_that_are_served() -> None:
    kinds = dict(line.split(" ")[2:4] for line in served().splitlines() if line[:6] == "# TYPE")
    for meter in metrics.METERS.values():
        assert kinds[meter.name] == meter.kind
        assert meter.help
        assert bool(meter.alarm) == bool(meter.then)


def test_a_batch_is_counted_and_a_partition_that_went_is_told_of_no_more() -> None:
    effects = Effects([Output(OBSERVATIONS, b"k", b"v", 0)] * 3, erased=2)
    effects.counts["late", "observations"] = 4
    effects.counts["revised", "windows"] = 5
    effects.counts["withdrawn", "windows"] = 6
    before = metrics.LATE._value.get()
    metrics.done(("meters", 3), effects, 7, 8_500_000, 9.5)
    metrics.held("meters", 3, {"devices": 10})
    metrics.LAG.labels("meters", 3).set(11)
    text = served()
    assert 'vigie_records_total{handler="meters"} 7.0' in text
    assert 'vigie_erased_total{handler="meters"} 2.0' in text
    assert 'vigie_outputs_total{handler="meters",topic="observations"} 3.0' in text
    assert 'vigie_clock_seconds{handler="meters",partition="3"} 8.5' in text
    assert 'vigie_commit_timestamp_seconds{handler="meters",partition="3"} 9.5' in text
    assert 'vigie_state{handler="meters",partition="3",what="devices"} 10.0' in text
    assert metrics.LATE._value.get() == before + 4
    metrics.forget("meters", 3, ["devices"])
    assert 'handler="meters",partition="3"' not in served()
