"""What a run would do: which days of which devices, why, how many samples, and how long."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.reprocess import area, days
from connectors.reprocess.asked import (
    ASKED,
    DECLARED,
    DECODED,
    FINAL,
    LATE,
    LEAST,
    MOST,
    Asked,
    PendingDay,
    asked,
    by_span,
    cut,
    of_days,
)
from connectors.reprocess.work import Work
from connectors.store.batch import ask
from streams.duration import HOUR
from streams.errors import Skip, Stop
from streams.mapping import codec_hash
from streams.plan import DevicePlan
from streams.registry import Registry
from streams.reprocess.contract import Span
from streams.segment import TESTS

RATES = {"judge": 20_000.0, "decode": 2_000.0}
"""Samples a second that are judged from raw values and decoded from uplinks, before any run has
shown what this machine does."""

MARGIN = HOUR
"""Microseconds until every worker has met a change of the inventory."""

_CHUNK = 200
"""Devices in one question: their names go into its URL."""


@dataclass(frozen=True)
class Question:
    """What somebody asks for; ``devices`` and ``properties`` empty: all. ``pending`` takes the days
    that wait, for one ``reason`` or for any."""

    devices: Sequence[str] = ()
    place: str = ""
    use_case: str = ""
    properties: Sequence[str] = ()
    span: Span = (LEAST, MOST)
    decode: bool = False
    pending: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class Part:
    """A span of a device, with its samples, and on how many days they are."""

    asked: Asked
    samples: int
    days: int


@dataclass(frozen=True)
class Plan:
    """``until`` is how far the batch may write; ``live`` is what was asked beyond that, which live
    judges by itself, and ``handed`` what it cannot decode again: its frames are sent to it.
    ``taken`` are the pending days, ``waiting`` those that are too young yet. ``seconds`` is an
    estimate."""

    parts: Sequence[Part]
    live: Sequence[Asked]
    until: int
    properties: frozenset[str] | None = None
    taken: Sequence[PendingDay] = ()
    waiting: int = 0
    seconds: float = 0.0
    asked: Mapping[str, Any] = field(default_factory=dict)
    handed: Sequence[Part] = ()

    @property
    def work(self) -> Work:
        """What there is to do."""
        return Work([p.asked for p in (*self.parts, *self.handed)], self.until, self.properties)

    @property
    def samples(self) -> int:
        """How many are judged again."""
        return sum(part.samples for part in self.parts)

    @property
    def decodes(self) -> bool:
        """Whether uplinks are decoded again for it."""
        return any(one.why == DECODED for one in self.work.asked)


def plan(client: Client, registry: Registry, question: Question, horizon: int) -> Plan:
    """What a question comes to; ``horizon`` is live's, in microseconds.

    Raises:
        Stop: it names a device, a use case or a property that is not declared.
        Retry: ClickHouse does not answer.
    """
    until = owned_until(client)
    taken: list[PendingDay] = []
    waiting, young, wanted = 0, list[Asked](), by_hand(registry, question)
    if question.pending:
        among = {one.device for one in wanted}
        found = [d for d in days.waiting(client, question.reason) if d.device in among]
        taken = [d for d in found if ripe(d, until, horizon)]
        waiting, wanted = len(found) - len(taken), of_days(taken)
        young = of_days(d for d in found if d.end > until)
    properties = frozenset(question.properties) or None
    mine, live = cut(wanted, until)
    parts = list(_parts(client, registry, question, mine))
    young = live if question.decode else young
    handed = [p for p in _parts(client, registry, question, young) if p.asked.why == DECODED]
    sent = {(p.asked.device, p.asked.until) for p in handed}
    live = [one for one in live if (one.device, one.until) not in sent]
    asks, takes = told(question), seconds(client, [*parts, *handed])
    return Plan(parts, live, until, properties, taken, waiting, takes, asks, handed)


def _parts(
    client: Client, registry: Registry, question: Question, spans: Sequence[Asked]
) -> Iterator[Part]:
    for part, codecs in count(client, spans, frozenset(question.properties)):
        if question.pending:
            yield _decoded(registry, part, codecs)
        elif part.samples or question.decode:
            yield part


def owned_until(client: Client) -> int:
    """How far the batch may write: the frontier of all partitions less the horizon.

    Raises:
        Stop: the sink has not met a tick on every partition yet.
        Retry: ClickHouse does not answer.
    """
    (row,) = ask(client, "owned_until")
    if not row["at"]:
        raise Stop(
            "nothing is final yet: the sink has not met a tick on every partition; does "
            "`vigie status` show workers, sink and scheduler running?"
        )
    return int(row["at"])


def by_hand(registry: Registry, question: Question) -> list[Asked]:
    """The spans of devices that a question names.

    Raises:
        Stop: something that it names is not declared.
    """
    for kind, names in (("device", question.devices), ("property", question.properties)):
        for name in names:
            _known(registry, kind, name)
    devices = list(question.devices) or sorted(registry.all("device"))
    if question.use_case:
        _known(registry, "use_case", question.use_case)
        devices = [d for d in devices if registry.all("device")[d].use_case == question.use_case]
    places = None
    if question.place:
        inside = area.area(question.place)
        places = list(area.within(inside, registry.all("deployment").values()))
    found = asked(devices, question.span, places)
    return [replace(one, why=DECODED) for one in found] if question.decode else found


def count(
    client: Client, parts: Iterable[Asked], properties: frozenset[str]
) -> Iterator[tuple[Part, frozenset[int]]]:
    """What is stored in each span: samples, days, and by which codecs they were decoded. A span
    that somebody asks for is cut to where there are samples.

    Raises:
        Retry: ClickHouse does not answer.
    """
    ordered = list(parts)
    known: dict[tuple[str, Span], dict[str, Any]] = {}
    for span, devices in by_span(ordered):
        for i in range(0, len(devices), _CHUNK):
            bound = {"devices": devices[i : i + _CHUNK], "first": span[0], "end": span[1]}
            for row in ask(client, "day_samples", properties=sorted(properties), **bound):
                known[row["device"], span] = row
    for one in ordered:
        if found := known.get((one.device, (one.since, one.until))):
            if one.why == ASKED:
                since, until = (
                    max(one.since, found["earliest"]),
                    min(one.until, found["latest"] + 1),
                )
                one = replace(one, since=since, until=until)
            yield Part(one, found["samples"], found["days"]), frozenset(found["codecs"])
        else:
            yield Part(one, 0, 0), frozenset()


def seconds(client: Client, parts: Iterable[Part]) -> float:
    """How long that takes, by what the latest runs took.

    Raises:
        Retry: ClickHouse does not answer.
    """
    rates = dict(RATES)
    for row in ask(client, "judging_rate"):
        if row["seconds"] > 0 and row["samples"]:
            rates[row["what"]] = row["samples"] / row["seconds"]
    return sum(
        part.samples / rates["decode" if part.asked.why == DECODED else "judge"] for part in parts
    )


def newly_final(client: Client, registry: Registry, span: Span) -> list[Asked]:
    """Devices with a series in the span that is compared with other devices.

    Raises:
        Retry: ClickHouse does not answer.
    """
    if span[0] >= span[1]:
        return []
    found = {}
    plans: dict[str, DevicePlan] = {}
    for row in ask(client, "series", first=span[0], end=span[1]):
        if (declared := registry.get("device", row["device"])) is None:
            continue
        made = plans.setdefault(declared.id, DevicePlan(registry, declared))
        if _compared(made, (row["property"], row["channel"])):
            found[declared.id] = Asked(declared.id, *span, FINAL)
    return sorted(found.values())


def told(question: Question) -> dict[str, Any]:
    """A question for the record."""
    return {name: value for name, value in vars(question).items() if value and name != "span"} | (
        {} if question.pending else {"since": question.span[0], "until": question.span[1]}
    )


def _compared(made: DevicePlan, key: tuple[str, str]) -> bool:
    try:
        segments = made.series(key).segments
    except Skip:
        return False
    return any(TESTS[name].peers for segment in segments for name in segment.tests)


def ripe(day: PendingDay, until: int, horizon: int) -> bool:
    """Whether a day can be taken: the batch may write it to its end, or what it may not write was
    live's when the inventory changed, and live has judged that by itself.

    A sample that came late for what is not the batch's yet would be lost.
    """
    return day.end <= until or (day.reason == DECLARED and day.at - horizon + MARGIN <= until)


def _decoded(registry: Registry, part: Part, codecs: frozenset[int]) -> Part:
    """A day decoded by a codec that is not today's needs decoding, also where it was late samples
    that made it pending last."""
    one = part.asked
    if (
        one.why not in (DECLARED, LATE)
        or not (codecs - {0})
        or codecs - {0} <= _today(registry, one)
    ):
        return part
    return replace(part, asked=replace(one, why=DECODED))


def _today(registry: Registry, one: Asked) -> set[int]:
    """The hashes of the codecs that a device has in a span, as they are declared today."""
    starts = [c.since for c in registry.of("configuration", one.device)]
    ends = [c.until for c in registry.of("configuration", one.device)]
    cuts = {one.since, *(at for at in starts + ends if one.since < at < one.until)}
    devices = (registry.configured(one.device, at) for at in cuts)
    declared = (registry.get("codec", device.codec) for device in devices if device)
    found = set()
    for codec in declared:
        with suppress(Skip):
            found |= {codec_hash(codec)} if codec else set()
    return found


def _known(registry: Registry, kind: str, name: str) -> None:
    from difflib import get_close_matches

    if registry.get(kind, name) is None:
        near = get_close_matches(name, registry.all(kind), n=1)
        meant = f": did you mean {near[0]}?" if near else ""
        raise Stop(f"{kind} {name!r} is not declared{meant}")
