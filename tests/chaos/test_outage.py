"""Kafka away under load, and the webhook killed meanwhile."""

import os

from tests.chaos.outage import run

SECONDS = float(os.environ.get("OUTAGE_SECONDS", "12"))


def test_what_was_accepted_during_an_outage_is_on_kafka_afterwards() -> None:
    outcome = run(SECONDS, rate=120.0)
    assert len(outcome.load.accepted) > 10 * SECONDS
    assert outcome.load.refused == []
    assert outcome.lost == set()
    assert outcome.shifted == {}
    assert outcome.counts["refused_full_total"] == 0
    assert outcome.counts["drained_total"] > 0
    assert outcome.counts["declarations_remembered"] == 0
    states = {note["what"]: note for note in outcome.notes}
    assert states["webhook killed"]["spool_records"] > 0
    assert states["broker comes back"]["declarations_remembered"] == 1
    assert states["broker speaks"]["kafka_away"] == 1
