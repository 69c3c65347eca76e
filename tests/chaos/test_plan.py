"""What a chaos run posts is what it says it posts."""

from collections import Counter

import pytest

from connectors import networks
from streams.discover import discover
from streams.errors import Skip
from streams.partition import partition_of
from streams.uplinks import Network, frame_id
from tests.chaos.plan import Plan, plan
from tests.oracle.observations import observations


@pytest.fixture(scope="module")
def drawn() -> Plan:
    """A plan of fifty devices."""
    return plan(seed=5, devices=50)


def test_the_same_seed_gives_the_same_plan(drawn: Plan) -> None:
    assert plan(seed=5, devices=50) == drawn
    assert plan(seed=6, devices=50) != drawn


def test_every_body_is_the_frame_that_the_oracle_is_told_of(drawn: Plan) -> None:
    formats = discover(networks, Network)
    wanted = Counter((f.frame_id, f.device, f.observed_at, f.arrival) for f in drawn.frames)
    found: Counter[tuple[bytes, str, int, int]] = Counter()
    junk = 0
    for post in drawn.posts:
        query = {"event": "up"} if post.network == "chirpstack" else {}
        try:
            (event,) = formats[post.network].events(post.body, query)
        except Skip:
            junk += 1
            continue
        identity = frame_id(post.network, event.dedup)
        found[identity, event.device, event.observed_at, post.arrival] += 1
    assert (found, junk) == (wanted, drawn.poison)


def test_copies_late_frames_and_conflicts_are_there(drawn: Plan) -> None:
    copies = Counter(f.frame_id for f in drawn.frames)
    late = sum(f.arrival - f.observed_at > 60_000_000 for f in drawn.frames)
    rows = observations(list(drawn.frames), drawn.city.norm())
    conflicts = sum("duplicate_conflict" in row.tests for row in rows.values())
    assert 0.03 < sum(n > 1 for n in copies.values()) / len(copies) < 0.07
    assert 0.1 < late / len(drawn.frames) < 0.25
    assert conflicts / len(rows) > 0.005
    assert {row.flag for row in rows.values()} == {1, 3, 4, 9}


def test_posts_come_by_minute_and_the_expected_ends_are_those_of_the_broker(drawn: Plan) -> None:
    minutes = [post.arrival // 60_000_000 for post in drawn.posts]
    assert minutes == sorted(minutes)
    ends = [len(drawn.minutes)] * 8
    for post in drawn.posts:
        ends[partition_of(post.key.encode(), 8)] += 1
    assert drawn.ends(8) == ends
