"""From a condition to whoever is told: the real topics, the real process, killed on the way."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from connectors.notified import ATTEMPTED, IN_DOUBT, LATER, SENT, Journal
from connectors.notifiers import Destination, Notifier, Transition
from connectors.notify import AGE_MAX, PAUSE, Desk
from embedded.server import environment
from streams import schema_registry
from streams.alerts import Alert
from streams.alerts.alert import TRANSITION
from streams.alerts.wanted import wants
from streams.declare import declare
from streams.errors import Retry, Skip, Stop
from streams.handler import Record
from streams.host import Host
from streams.inventory import Notifier as Declared
from streams.kafka import high_watermark, producer_options
from streams.registry import Declarations, Registry
from streams.settings import Settings
from streams.topic_reader import RangeReader
from streams.topics import CONDITIONS
from streams.watch import watch
from streams.wire import RECORDS, Wire
from tests.connectors.notifiers.receiver import receiving
from tests.connectors.notifiers.told import ALERT, AT
from tests.streams.alerts.world import declared, device

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda _: "")
MINUTE = 60_000_000


class Paper:
    """A journal on paper."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.over: set[tuple[str, str]] = set()
        self.details: list[str] = []

    def done(self, notifier: str, key: str) -> bool:
        return (notifier, key) in self.over

    def write(self, notifier: str, key: str, state: str, detail: str = "") -> None:
        self.details.append(detail)
        self.said.append((notifier, state))
        if state not in (ATTEMPTED, LATER):
            self.over.add((notifier, key))


class Office:
    """A desk whose one kind of notifier does what a test says."""

    def __init__(self, *answers: Exception | str, **notifier: Any) -> None:
        self.answers, self.sent, self.paper = list(answers), 0, Paper()
        body = {"id": "n", "kind": "known", "where": "https://example.org"} | notifier
        self.registry = declared([("notifier", body), *device("d1")])
        self.now = AT + MINUTE
        kinds = {"known": Notifier("known", self._send)}
        self.desk = Desk(
            WIRE,
            self.paper,  # type: ignore[arg-type]
            lambda: self.registry,
            lambda _: None,
            lambda: self.now,
            kinds,
        )

    def _send(self, _: Transition, __: Destination) -> str:
        self.sent += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def take(self, one: Alert = ALERT, happened: str = "opened") -> None:
        value = WIRE.encode("Alert", one.record())
        headers = [(TRANSITION, happened.encode())]
        self.desk.take(Record("alerts", 0, 0, one.id.encode(), value, headers, AT // 1000))


def test_it_is_written_down_before_it_is_sent_and_after() -> None:
    office = Office("taken")
    office.take()
    office.desk.work(0.0)
    assert office.paper.said == [("n", ATTEMPTED), ("n", SENT)]
    office.take()
    office.desk.work(0.0)
    assert office.sent == 1


def test_of_devices_that_join_nobody_is_told() -> None:
    office = Office("taken")
    office.take(happened="joined")
    office.desk.work(0.0)
    assert (office.sent, office.paper.said) == (0, [])


def test_who_did_not_take_it_is_tried_again_until_it_is_an_hour_old() -> None:
    office = Office(Retry("busy"), Retry("busy"))
    office.take()
    for elapsed in (0.0, PAUSE / 2, PAUSE):
        office.desk.work(elapsed)
    assert [state for _, state in office.paper.said] == [ATTEMPTED, LATER] * 2
    office.now = AT + AGE_MAX + 1
    office.desk.work(2 * PAUSE)
    assert (office.sent, office.paper.said[-1]) == (2, ("n", "given_up"))


@pytest.mark.parametrize("reason", ["refused", IN_DOUBT])
def test_what_is_refused_or_in_doubt_is_not_repeated(reason: str) -> None:
    office = Office(Skip(reason, "no"))
    office.take()
    office.desk.work(0.0)
    office.desk.work(10 * PAUSE)
    assert (office.sent, office.paper.said[-1]) == (1, ("n", reason))


def test_who_does_not_answer_holds_up_neither_others_nor_the_rest_of_its_own() -> None:
    office = Office(Skip(IN_DOUBT, "silence"), "taken", "taken", "taken")
    other = {"id": "o", "kind": "known", "where": "https://example.net"}
    office.registry = office.registry.having("notifier", "o", Declared.model_validate(other))
    for happened in ("opened", "updated"):
        office.take(happened=happened)
    office.desk.work(0.0)
    ended = [(n, s) for n, s in office.paper.said if s != ATTEMPTED]
    assert ended == [("n", IN_DOUBT), ("o", SENT), ("o", SENT)]
    office.desk.work(PAUSE)
    assert office.paper.said[-1] == ("n", SENT)


@pytest.mark.parametrize(
    ("fault", "state"), [(Stop("no file"), LATER), (ValueError("secret é"), IN_DOUBT)]
)
def test_what_goes_wrong_with_one_notifier_ends_nothing(fault: Exception, state: str) -> None:
    office = Office(fault)
    office.take()
    office.desk.work(0.0)
    assert office.paper.said == [("n", ATTEMPTED), ("n", state)]
    assert not any("secret" in detail for detail in office.paper.details)


def test_nobody_is_told_of_what_happened_more_than_an_hour_ago() -> None:
    office = Office("taken")
    office.now = AT + AGE_MAX + 1
    office.take()
    office.desk.work(0.0)
    assert (office.sent, office.paper.said) == (0, [("n", "given_up")])


def test_a_kind_that_is_not_known_is_said_and_holds_nothing_up() -> None:
    office = Office(kind="pigeon")
    office.take()
    office.desk.work(0.0)
    assert office.paper.said == [("n", "refused")]


def test_what_is_no_alert_is_passed_over() -> None:
    office = Office("taken")
    office.desk.take(Record("alerts", 0, 0, b"", b"no wire", (), AT // 1000))
    office.take(happened="exploded")
    office.desk.work(0.0)
    assert office.paper.said == []


@pytest.mark.parametrize(
    ("notifier", "alert", "wanted"),
    [
        ({}, {}, True),
        ({}, {"silenced": True}, False),
        ({"least_level": 3}, {}, True),
        ({"least_level": 4}, {}, False),
        ({"rules": ["battery"]}, {}, True),
        ({"rules": ["silent"]}, {}, False),
        ({"transitions": ["closed"]}, {}, False),
        ({"use_cases": ["u"]}, {}, True),
        ({"use_cases": ["other"]}, {}, False),
        ({"use_cases": ["u"]}, {"devices": ["unknown"]}, False),
        ({"groups": ["g"]}, {}, False),
    ],
)
def test_who_wants_what(notifier: dict[str, Any], alert: dict[str, Any], wanted: bool) -> None:
    one = Alert(**{n: getattr(ALERT, n) for n in Alert.__dataclass_fields__} | alert)
    body = {"id": "n", "kind": "webhook", "where": "https://example.org"} | notifier
    who = Declared.model_validate(body)
    assert wants(who, "opened", one, declared(device("d1"))) == wanted


def registry_of(where: str) -> Registry:
    body = {"id": "hook", "kind": "webhook", "where": where}
    return declared([("notifier", body), *device("d1")])


class World:
    """A watch in the test's hand, and the notifier as a process."""

    def __init__(self, settings: Settings, where: str) -> None:
        self.settings, self.wire = settings, schema_registry.connect(settings)
        registry = registry_of(where)
        hook: Declared = registry.all("notifier")["hook"]
        declare(settings, self.wire, [("notifier", hook)], 1, "test")
        self.host = Host(
            watch(self.wire, Declarations(lambda: registry, lambda: registry), 1),
            settings,
            lambda *_: None,
        )
        self.host.assign(frozenset({0}))
        self.topic = CONDITIONS.name(settings.topic_prefix)

    def raises(self, kind: str) -> None:
        """A condition that opened ten minutes ago, and the tick of now."""
        now = time.time_ns() // 1000
        record = {"device": "d1", "kind": kind, "opened_at": now - 10 * MINUTE, "level": 2}
        producer = Producer(producer_options(self.settings))
        for key, name, content in (
            ("d1", "Condition", record | {"closed_at": None, "reason": kind}),
            ("0", "Tick", {"at": now}),
        ):
            producer.produce(self.topic, self.wire.encode(name, content), key, partition=0)
        assert producer.flush(20) == 0
        end = high_watermark(self.settings, self.topic, 0)
        lane = self.host.lanes.get(0)
        start = lane.position + 1 if lane else 0
        reader = RangeReader(self.settings, self.topic)
        self.host.process(0, reader.between(0, start, end))
        reader.close()

    @contextmanager
    def notifier(self) -> Iterator[subprocess.Popen[bytes]]:
        """The process, killed at the end of the block."""
        with subprocess.Popen(
            (sys.executable, "-m", "cli", "run", "notifier"),
            cwd=ROOT,
            env=environment(self.settings, metrics_port="0"),
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def states(settings: Settings) -> list[str]:
    """What the journal holds, whoever has it open: read as the next process would."""
    return sorted(Journal(settings)._states.values())


def test_each_transition_is_told_once_though_the_process_is_killed(
    apart: Callable[..., Settings],
) -> None:
    settings = apart(partitions=1)
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        world = World(settings, receiver.url)
        with world.notifier():
            world.raises("battery")
            until(lambda: len(receiver.taken) == 1)
            world.raises("clock")
            until(lambda: len(receiver.taken) == 2)
            receiver.held.set()
            world.raises("stuck")
            until(lambda: len(receiver.taken) == 3)
        receiver.held.clear()
        with world.notifier():
            world.raises("reset")
            until(lambda: len(receiver.taken) == 4)
        keys = [headers["Idempotency-Key"] for headers, _ in receiver.taken]
        assert len(set(keys)) == 4
        journal = Journal(settings)
        with pytest.raises(Stop, match="run only one"):
            raised_by_the_process_before(settings, journal)
    found = states(settings)
    assert (found.count(SENT), found.count(IN_DOUBT)) in {(3, 1), (2, 2)}


def raised_by_the_process_before(settings: Settings, before: Journal) -> None:
    """Whoever opens the journal fences the one who had it."""
    Journal(settings)
    before.write("hook", "key", SENT)
