"""The watch as its host drives it: any batching, any order between partitions, any restart."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.alerts import Alert, Condition, Fleet
from streams.alerts.alert import TRANSITION, alert
from streams.handler import Effects, Record
from streams.inventory import Device
from streams.registry import Declarations, Registry
from streams.topics import ALERTS, DEAD_LETTERS
from streams.watch import KEEP, Watched, watch
from streams.wire import RECORDS, Wire
from tests.streams.alerts.test_outages import SILENCES
from tests.streams.alerts.world import at, declared, fleet, plain, silent, written

WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda _: "")
NAMES = [f"d{i}" for i in range(1, 21)]
FLEET = fleet(NAMES)
PARTITIONS = 2
Said = tuple[str, Alert]


def said(one: Condition, *, withdrawn: bool = False) -> bytes:
    """A condition on the wire."""
    record = asdict(one) | {"withdrawn": withdrawn, "updated_at": 0}
    return WIRE.encode("Condition", record | {"gateways": list(one.gateways)})


def tick(instant: int) -> bytes:
    return WIRE.encode("Tick", {"at": instant})


class Driven:
    """A handler with the state topic's compacted content, as a host has them."""

    def __init__(self, of: Fleet = FLEET) -> None:
        self.registry = of.registry
        current = Declarations(lambda: self.registry, lambda: self.registry)
        self.handler = watch(WIRE, current, PARTITIONS)
        self.kept: dict[bytes, bytes] = {b"chunk/1/d1": b"another's", b"position/watch": b"{}"}
        self.state, self.clock, self.offset = Watched(), 0, 0
        self.transitions: list[Said] = []
        self.gone: list[str] = []

    def restart(self) -> None:
        self.state = self.handler.empty()
        for key, value in self.kept.items():
            self.handler.restore(self.state, key, value)

    def batch(self, messages: Iterable[tuple[bytes, bytes]]) -> Effects:
        """Key and value of each record."""
        records = []
        for key, value in messages:
            self.offset += 1
            records.append(Record("conditions", 0, self.offset, key, value))
        effects, self.clock = self.handler.handle(self.state, self.clock, records)
        for name, kept in effects.state.items():
            if kept is None:
                self.kept.pop(name, None)
            else:
                self.kept[name] = kept
        for output in effects.outputs:
            if output.topic is ALERTS and output.value is None:
                self.gone.append((output.key or b"").decode())
            elif output.topic is ALERTS:
                _, record = WIRE.decode(output.value)
                assert output.key == record["alert_id"].encode()
                found = alert(record)
                assert found.id == record["alert_id"]
                self.transitions.append((dict(output.headers)[TRANSITION].decode(), found))
        return effects

    def ticks(self, instant: int) -> Effects:
        return self.batch([(str(p).encode(), tick(instant)) for p in range(PARTITIONS)])

    @property
    def alerts(self) -> dict[str, Alert]:
        """The last word on each, as the compacted topic has it."""
        return {a.id: a for _, a in self.transitions}


def told(driven: Driven) -> list[tuple[str, str, str, int, bool]]:
    return [(what, a.rule, a.subject, a.level, a.silenced) for what, a in driven.transitions]


def test_a_condition_becomes_an_alert_that_is_opened_updated_and_closed() -> None:
    driven = Driven()
    one = plain("d1", "threshold", at(1), prop="no2")
    driven.batch([(b"d1", said(one))])
    driven.ticks(at(1, 1))
    assert driven.transitions == []
    driven.ticks(at(1, 2))
    driven.ticks(at(1, 3))
    driven.batch([(b"d1", said(plain("d1", "threshold", at(1), level=3, prop="no2")))])
    driven.ticks(at(1, 4))
    driven.batch([(b"d1", said(plain("d1", "threshold", at(1), at(1, 5), 3, prop="no2")))])
    driven.ticks(at(1, 5))
    assert told(driven) == [
        ("opened", "threshold", "d1", 1, False),
        ("updated", "threshold", "d1", 3, False),
        ("closed", "threshold", "d1", 3, False),
    ]
    assert [a.updated_at for _, a in driven.transitions] == [at(1), at(1, 4), at(1, 5)]
    assert len(driven.alerts) == 1


def grown(registry: Registry, *, restarts: bool) -> Driven:
    """An outage that six devices make, and another one joins every two minutes."""
    driven = Driven(Fleet(registry))
    for minute in range(60):
        if minute % 2 == 0 and minute < 24:
            name = NAMES[minute // 2]
            driven.batch([(name.encode(), said(silent(name, at(1, minute))))])
        driven.ticks(at(1, minute))
        if restarts:
            driven.restart()
    return driven


@pytest.mark.parametrize("restarts", [False, True])
def test_of_an_outage_that_grows_every_device_is_recorded_and_another_size_is_news(
    restarts: bool,
) -> None:
    driven = grown(FLEET.registry, restarts=restarts)
    found = [(what, len(a.devices)) for what, a in driven.transitions]
    quietly = [("joined", n) for n in (7, 8, 9, 11, 12)]
    assert found == [("opened", 6), *quietly[:3], ("updated", 10), *quietly[3:]]
    (one,) = driven.alerts.values()
    assert (one.rule, one.devices) == ("gateway_outage", tuple(sorted(NAMES[:12])))


def test_a_device_that_joins_an_outage_is_news_to_people_whom_none_of_it_concerned() -> None:
    eighth: Device | None = FLEET.registry.get("device", NAMES[7])
    assert eighth is not None
    another = eighth.model_copy(update={"use_case": "other"})
    driven = grown(FLEET.registry.having("device", NAMES[7], another), restarts=False)
    news = [(what, len(a.devices)) for what, a in driven.transitions if what != "joined"]
    assert news == [("opened", 6), ("updated", 8), ("updated", 10)]


def test_a_slow_partition_holds_the_judgement_up() -> None:
    driven = Driven()
    driven.batch([(b"d1", said(plain("d1", "battery", at(1)))), (b"0", tick(at(9)))])
    assert (driven.transitions, driven.clock) == ([], 0)
    driven.batch([(b"1", tick(at(1, 1)))])
    assert (driven.transitions, driven.clock) == ([], at(1, 1))
    driven.batch([(b"1", tick(at(2)))])
    assert [what for what, _ in driven.transitions] == ["opened"]
    driven.batch([(b"1", tick(at(1)))])
    assert driven.clock == at(2)


def test_what_never_was_is_withdrawn_and_may_come_back() -> None:
    driven = Driven()
    one = plain("d1", "battery", at(1))
    driven.batch([(b"d1", said(one))])
    driven.ticks(at(2))
    driven.batch([(b"d1", said(one, withdrawn=True))])
    driven.ticks(at(3))
    driven.ticks(at(4))
    driven.batch([(b"d1", said(one))])
    driven.ticks(at(5))
    assert [what for what, _ in driven.transitions] == ["opened", "withdrawn", "opened"]
    (_, gone) = driven.transitions[1]
    assert (gone.withdrawn, gone.closed_at, gone.reason) == (True, at(3), "")


def test_what_is_no_condition_and_no_tick_is_a_dead_letter() -> None:
    bad = [
        (b"2", tick(at(1))),
        (b"", tick(at(1))),
        (b"d1", WIRE.encode("Pending", {"device": "d", "day": 1, "reason": "", "at": 1})),
        (b"d1", b"no wire"),
    ]
    effects = Driven().batch(bad)
    reasons = [dict(o.headers)["vigie.errors.reason"] for o in effects.outputs]
    assert {o.topic for o in effects.outputs} == {DEAD_LETTERS}
    assert reasons == [b"key", b"key", b"unexpected_record", b"wire_format"]


def test_what_is_over_for_long_is_forgotten_and_what_is_not_stays_as_decided() -> None:
    driven = Driven()
    names = NAMES[:4]
    driven.batch([(b"d", said(silent(n, at(1)))) for n in names])
    driven.batch([(b"d5", said(plain("d5", "battery", at(1), at(4))))])
    driven.ticks(at(2))
    driven.batch([(b"d", said(silent(n, at(1), at(4)))) for n in names[:3]])
    for hours in range(3, 10):
        driven.ticks(at(hours))
    before = driven.alerts
    assert sorted(a.rule for a in before.values()) == ["battery", "gateway_outage", "silent"]
    assert any(key.startswith(b"watch/alert/") for key in driven.kept)
    spoken = len(driven.transitions)
    for hours in (1, 5, 9):
        driven.ticks(at(hours) + KEEP)
        driven.restart()
    assert len(driven.transitions) == spoken
    (left,) = (key for key in driven.kept if key.startswith(b"watch/alert/"))
    assert len(driven.gone) == len(before) - 1
    assert {*driven.gone, left.removeprefix(b"watch/alert/").decode()} == set(before)
    assert driven.alerts[left.removeprefix(b"watch/alert/").decode()].rule == "silent"
    assert sum(key.startswith(b"watch/condition/") for key in driven.kept) == 1
    driven.batch([(b"d4", said(silent("d4", at(1), at(20) + KEEP)))])
    driven.ticks(at(20) + KEEP)
    assert [what for what, _ in driven.transitions[spoken:]] == ["closed"]


def test_what_was_wrong_at_a_time_that_is_erased_is_forgotten_and_nobody_is_told() -> None:
    driven = Driven()
    driven.batch([(b"d1", said(plain("d1", "battery", at(1), at(3))))])
    driven.batch([(b"d1", said(plain("d1", "battery", at(5))))])
    driven.batch([(b"d2", said(plain("d2", "battery", at(1), at(3))))])
    driven.ticks(at(6))
    spoken = len(driven.transitions)
    before = {(a.subject, a.opened_at): i for i, a in driven.alerts.items()}
    body = {"id": "e", "device": "d1", "from": written(at(0)), "to": written(at(4))}
    erased = declared([("erasure", body | {"reason": "asked"})]).all("erasure")["e"]
    driven.registry = FLEET.registry.having("erasure", "e", erased)
    driven.ticks(at(7))
    driven.restart()
    driven.ticks(at(8))
    assert driven.gone == [before["d1", at(1)]]
    assert len(driven.transitions) == spoken
    left = [key for key in driven.kept if key.startswith((b"watch/condition", b"watch/alert"))]
    assert len(left) == 4


CONDITIONS = SILENCES.flatmap(
    lambda silences: st.lists(
        st.builds(
            lambda name, kind, opened, lasts: plain(
                name, kind, at(0, opened), None if lasts is None else at(0, opened + lasts)
            ),
            st.sampled_from(NAMES),
            st.sampled_from(["losses", "battery", "reset"]),
            st.integers(0, 600),
            st.none() | st.integers(0, 300),
        ),
        max_size=8,
        unique_by=lambda c: c.key,
    ).map(lambda others: silences + others)
)


def stream(found: Sequence[Condition]) -> list[list[tuple[bytes, bytes]]]:
    """What each of two partitions says, minute by minute, its tick behind it."""
    minutes = range(0, 16 * 60, 10)
    ways: list[list[tuple[bytes, bytes]]] = [[], []]
    for minute in minutes:
        now, before = at(0, minute), at(0, minute - 10)
        for one in found:
            partition = NAMES.index(one.device) % PARTITIONS
            open_now = silent_or_plain(one, None)
            if before < one.opened_at <= now:
                ways[partition].append((one.device.encode(), said(open_now)))
            if one.closed_at is not None and before < one.closed_at <= now:
                ways[partition].append((one.device.encode(), said(one)))
        for partition, way in enumerate(ways):
            way.append((str(partition).encode(), tick(now)))
    return ways


def silent_or_plain(one: Condition, closed: int | None) -> Condition:
    fields: dict[str, Any] = asdict(one) | {"closed_at": closed}
    return Condition(**fields | {"gateways": one.gateways})


def interleaved(
    ways: list[list[tuple[bytes, bytes]]], steps: Sequence[int]
) -> list[tuple[bytes, bytes]]:
    """The two partitions' records in one order or another, each partition's own kept."""
    left, found, turn = [list(way) for way in ways], [], 0
    while any(left):
        many = steps[turn % len(steps)]
        found += left[turn % 2][:many]
        left[turn % 2] = left[turn % 2][many:]
        turn += 1
    return found


@settings(max_examples=60)
@given(
    CONDITIONS,
    st.lists(st.integers(1, 400), min_size=1, max_size=6),
    st.lists(st.integers(1, 900), min_size=1, max_size=6),
    st.booleans(),
)
def test_any_batching_any_order_between_partitions_and_any_restart_ends_alike(
    found: list[Condition], steps: list[int], sizes: list[int], restarts: bool
) -> None:
    ways = stream(found)
    plainly = Driven()
    for pair in zip(*ways, strict=False):
        plainly.batch(pair)
    plainly.batch([*ways[0][len(ways[1]) :], *ways[1][len(ways[0]) :]])
    other = Driven()
    records, turn = interleaved(ways, steps), 0
    while records:
        size = sizes[turn % len(sizes)]
        other.batch(records[:size])
        records, turn = records[size:], turn + 1
        if restarts:
            other.restart()
    assert other.clock == plainly.clock
    assert standing(other) == standing(plainly)


def standing(driven: Driven) -> dict[str, Alert]:
    """The alerts that are not withdrawn; those that are never stood."""
    return {i: a for i, a in driven.alerts.items() if not a.withdrawn}


def test_a_replay_raises_the_alerts_of_then() -> None:
    found = [silent(n, at(1, i), at(6, i)) for i, n in enumerate(NAMES[:5])]
    found.append(plain("d9", "battery", at(2)))
    ways = stream(found)
    live, again = Driven(), Driven()
    for pair in zip(*ways, strict=False):
        live.batch(pair)
    again.batch(interleaved(ways, [10_000]))
    assert standing(live) == standing(again)
    assert {a.rule for a in standing(again).values()} == {"gateway_outage", "battery"}
