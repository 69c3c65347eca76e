"""Observe at its edges: what a worker must survive, and what it must not say nothing about."""

import gc
from collections.abc import Iterator, Sequence
from typing import Any
from weakref import ref

import pytest

from streams.duration import DAY
from streams.handler import Effects, Record
from streams.observe import observe
from streams.observed import Partition
from streams.panel import Member, Panel, panels
from streams.registry import Declarations, Registry
from streams.topics import DEAD_LETTERS, PENDING
from tests.agreement.core import WIRE, declared, record, registry, tick
from tests.oracle.declared import Frame, Measure

SECOND = 1_000_000
HOUR = 3600 * SECOND
START = 1_790_000_000 * SECOND // DAY * DAY
HORIZON = 48 * HOUR


def city(fail: float = 7200.0, **more: Any) -> Registry:
    flat = {"suspect": 3600, "fail": fail, "tolerance": 0.1}
    items = [
        ("property", {"id": "p", "title_fr": "p", "title_en": "p", "unit": "%", "resolution": 0.1}),
        (
            "device",
            {"id": "D", "name": "D", "codec": "c", "use_case": "u", "nominal_period": 600},
        ),
        ("profile", {"id": "f", "property": "p", "tests": {"flat_line": flat} | more}),
    ]
    return registry(declared(items))


def frame(number: int, measures: int = 1, step: int = 600, device: str = "D") -> Record:
    at = START + number * step * SECOND
    content = {
        "frame_id": number.to_bytes(16, "big"),
        "device": device,
        "source": "s",
        "network": "tts",
        "request_id": "r",
        "observed_at": at,
        "arrival": at,
        "decode_version": 0,
        "codec": "c",
        "codec_hash": 1,
        "counter": number,
        "session": None,
        "port": 1,
        "radio": None,
        "measures": [
            {"property": "p", "channel": str(i), "observed_at": None, "value": 1.0, "unit": "%"}
            for i in range(measures)
        ],
    }
    return Record("t", 0, number, device.encode(), WIRE.encode("Frame", content), (), at // 1000)


class Worker:
    """One partition under a registry that can change."""

    def __init__(self, current: Registry) -> None:
        self.current = current
        same = Declarations(lambda: self.current, lambda: self.current)
        self.handler = observe(WIRE, same, HORIZON)
        self.state: Partition = self.handler.empty()
        self.clock, self.kept = 0, {}

    def run(self, *records: Record) -> Effects:
        effects, self.clock = self.handler.handle(self.state, self.clock, records)
        self.kept |= effects.state
        return effects

    def restart(self) -> None:
        self.state = self.handler.empty()
        for key, value in self.kept.items():
            if value is not None:
                self.handler.restore(self.state, key, value)


def pending(effects: Effects) -> list[int]:
    return [WIRE.decode(o.value)[1]["day"] for o in effects.outputs if o.topic is PENDING]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_window_that_grows_makes_pending_what_its_lost_context_would_change(
    restarted: bool,
) -> None:
    worker = Worker(city())
    assert pending(worker.run(*(frame(n) for n in range(400)))) == []
    if restarted:
        worker.restart()
    worker.current = city(fail=12 * 3600.0)
    since = worker.clock - HORIZON
    days = sorted({since // DAY, (since + 10 * HOUR) // DAY})
    assert pending(worker.run(frame(400))) == days
    assert pending(worker.run(frame(401))) == []


@pytest.mark.parametrize("restarted", [False, True])
def test_a_window_that_grows_twice_lacks_what_the_first_time_was_gone(restarted: bool) -> None:
    worker = Worker(city())
    worker.run(*(frame(n) for n in range(400)))
    since = worker.clock - HORIZON
    worker.current = city(fail=14 * 3600.0)
    assert pending(worker.run(frame(400))) == [since // DAY, since // DAY + 1]
    if restarted:
        worker.restart()
    worker.current = city(fail=35 * 3600.0)
    assert pending(worker.run(frame(401))) == [since // DAY + n for n in range(3)]


def test_a_quarter_of_the_batch_that_a_young_sample_changes_is_pending_and_told_once() -> None:
    """What was measured at 0 holds no 1800 s, but 1200: the quarter before the horizon changes."""
    worker = Worker(city())
    worker.run(frame(0), frame(3))
    assert pending(worker.run(frame(290))) == []
    assert pending(worker.run(frame(2))) == [START // DAY]
    worker.restart()
    assert pending(worker.run(frame(291))) == []


def test_an_hour_that_would_burst_its_chunk_takes_no_more_and_the_rest_flows() -> None:
    worker = Worker(city())
    many = [frame(n, measures=100, step=1) for n in range(220)]
    effects = worker.run(*many)
    letters = [o for o in effects.outputs if o.topic is DEAD_LETTERS]
    assert len(letters) == 20
    assert {dict(o.headers)["vigie.errors.reason"] for o in letters} == {b"too_many_samples"}
    assert max(len(value) for value in effects.state.values() if value) < 8 << 20


def test_a_profile_that_cannot_be_used_leaves_the_other_series_alone() -> None:
    worker = Worker(city())
    worker.run(frame(0))
    worker.current = city(unheard_of={})
    effects = worker.run(frame(1))
    assert [dict(o.headers)["vigie.errors.reason"] for o in effects.outputs] == [b"unknown_test"]
    worker.current = city()
    said = [WIRE.decode(o.value) for o in worker.run(frame(2)).outputs]
    assert sorted(name for name, _ in said) == ["Observation", "Pending"] + ["Window"] * 3


def test_a_device_that_is_no_longer_declared_is_a_letter_and_no_crash() -> None:
    worker = Worker(city())
    worker.run(frame(0))
    worker.current = worker.current.having("device", "D", None)
    effects = worker.run(frame(1))
    assert [dict(o.headers)["vigie.errors.reason"] for o in effects.outputs] == [b"unknown_device"]


def decoded(version: int, own: int) -> Record:
    """A frame received at START whose one value the device dates itself."""
    measure = Measure("p", 1.0, "", own)
    return record(Frame(b"f" * 16, "D", START, START, (measure,), version))


@pytest.mark.parametrize("restarted", [False, True])
def test_what_another_decoding_takes_away_beyond_the_horizon_is_pending(restarted: bool) -> None:
    worker = Worker(city())
    worker.run(decoded(0, START - 5 * HOUR))
    assert pending(worker.run(tick(START + HORIZON - 2 * HOUR))) == []
    if restarted:
        worker.restart()
    assert pending(worker.run(decoded(1, START))) == [START // DAY - 1]


def test_what_another_decoding_dates_long_ago_is_gone_from_where_it_was() -> None:
    worker = Worker(city())
    worker.run(decoded(0, START))
    effects = worker.run(decoded(1, START - HORIZON - DAY))
    assert pending(effects) == [START // DAY - 3]
    said = [WIRE.decode(o.value) for o in effects.outputs]
    (gone,) = [row for name, row in said if name == "Observation"]
    assert (gone["observed_at"], gone["is_deleted"]) == (START, True)
    worker.restart()
    assert worker.run(decoded(0, START)).outputs == []


def test_a_mere_copy_beyond_the_horizon_makes_no_day_pending() -> None:
    """400 frames of ten minutes: live owns those from 111 on, and twelve hours before are kept."""
    worker = Worker(city(fail=12 * 3600.0))
    worker.run(*(frame(n) for n in range(400)))
    assert pending(worker.run(frame(100))) == []
    worker.restart()
    assert pending(worker.run(frame(101))) == []
    assert pending(worker.run(frame(5))) == [START // DAY]


def test_a_first_frame_there_makes_its_day_pending() -> None:
    worker = Worker(city(fail=12 * 3600.0))
    worker.run(*(frame(n) for n in range(400) if n != 100))
    assert pending(worker.run(frame(100))) == [START // DAY]
    assert pending(worker.run(frame(100))) == []


def test_a_city_that_was_read_back_is_judged_with_few_devices_unpacked_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"D{i}" for i in range(30)]
    own = {"name": "D", "codec": "c", "use_case": "u", "nominal_period": 600}
    more = declared([("device", {"id": name, **own}) for name in names])
    worker = Worker(city().after((kind, each.id, each) for kind, each in more))
    worker.run(*(frame(n, device=name) for n in range(30) for name in names))
    worker.restart()
    worker.state.unpacked_max = 5 * worker.state.look("D0").nbytes
    together: list[int] = []

    def counted(members: Sequence[Member]) -> Iterator[Panel]:
        together.append(len(worker.state.open))
        return panels(members)

    monkeypatch.setattr("streams.observe.panels", counted)
    effects = worker.run(tick(worker.clock + 60 * SECOND))
    assert not [o for o in effects.outputs if o.key == b"D0"]
    assert together == [6, 6, 6, 6, 6, 0]
    assert [worker.state.version(name) is None for name in names] == [False] * 30


def test_nothing_holds_a_snapshot_when_another_one_has_judged_all_for_an_hour() -> None:
    """Not a device that was only heard of long ago, and none that is declared no more."""
    names = ["D", "old", "gone"]
    worker = Worker(city())
    own = {"name": "D", "codec": "c", "use_case": "u", "nominal_period": 600}
    for kind, each in declared([("device", {"id": name, **own}) for name in names]):
        worker.current = worker.current.having(kind, each.id, each)
    worker.run(*(frame(n, device=name) for n in range(1000, 1010) for name in ("D", "gone")))
    worker.run(frame(0, device="old"))
    former = ref(worker.current)
    worker.current = worker.current.having("device", "gone", None)
    worker.run(frame(1010))
    worker.run(tick(worker.clock + 3 * DAY), frame(1442))
    gc.collect()
    assert former() is None
