"""Which rows a run writes for what is asked, and which samples it reads for these.

A sample influences rows and windows as far off as they may depend on it, before and after; these
are written, whole windows of both lengths. What a written row depends on is read likewise. What
is younger than the live horizon is live's: it is read and never written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from streams.duration import HOUR
from streams.registry import Registry
from streams.reprocess.contract import Ranges, Selection, Span, Task
from streams.reprocess.reaching import Held, Reaching

CHUNK = 32
"""Devices of a task at most."""

SAMPLES = 500_000
"""Samples of a task at most, by the nominal periods, unless one device alone has more."""

EARLIEST, LATEST = -2_208_988_800_000_000, 10_413_792_000_000_000
"""The years 1900 to 2299, which the store holds."""

Properties = frozenset[str] | None


def ranges(dirty: Span, reach: int, until_live: int) -> Ranges:
    """The three ranges of what is asked, for rows that depend on nothing farther than ``reach``.

    ``until_live`` is how far the batch may write: the frontier less the horizon. All UTC
    microseconds.
    """
    since, until = max(dirty[0], EARLIEST), min(dirty[1], LATEST)
    until = min(_up(until + reach), until_live)
    write = since - reach - (since - reach) % HOUR, until
    return Ranges(dirty, write, read(write, reach))


def read(write: Span, reach: int) -> Span:
    """Where the samples lie that the rows of ``write`` depend on."""
    return write[0] - reach, write[1] + reach


def _up(at: int) -> int:
    return at + -at % HOUR


def tasks(
    selections: Iterable[Selection],
    registry: Registry,
    until_live: int,
    held: Held | None = None,
    chunk: int = CHUNK,
) -> Sequence[Task]:
    """The tasks of a run, in the order of their time: a month of at most ``chunk`` devices each,
    and of no more samples than memory bears.

    Their write ranges are disjoint; the same arguments give the same tasks with the same ids.
    ``held`` are by device the series that are stored of it, where they are known: what is not
    declared to be measured counts as well. A device that is not declared has no tasks.
    """
    reaching = Reaching(registry, held or {})
    asked = list(selections)
    written = _written(asked, reaching, until_live)
    selected = {device for selection in asked for device in selection.devices}
    pieces: dict[tuple[Span, Properties], list[str]] = {}
    for device, (spans, properties) in sorted(written.items()):
        for span in _months(spans):
            pieces.setdefault((span, properties), []).append(device)
    ordered = sorted(pieces.items(), key=lambda piece: (piece[0][0], piece[1]))
    return [
        _task(some, span, properties, reaching, selected)
        for (span, properties), devices in ordered
        for some in _chunks(devices, span, reaching, chunk)
    ]


def _chunks(
    devices: Iterable[str], span: Span, reaching: Reaching, chunk: int
) -> Iterator[list[str]]:
    some: list[str] = []
    samples = 0.0
    for device in devices:
        more = (span[1] - span[0]) * reaching.pace(device)
        if some and (len(some) == chunk or samples + more > SAMPLES):
            yield some
            some, samples = [], 0.0
        some.append(device)
        samples += more
    if some:
        yield some


def _task(
    devices: Sequence[str],
    span: Span,
    properties: Properties,
    reaching: Reaching,
    selected: set[str],
) -> Task:
    looked = {peer for device in devices for peer in reaching.peers(device)} - {*devices}
    everybody = (*devices, *sorted(looked))
    reach = max(reaching.reach(device) for device in everybody)
    if looked or any(reaching.compared(device) for device in devices):
        reach *= 2
    content = repr((span, sorted(properties) if properties is not None else None, devices))
    month = datetime.fromtimestamp(span[0] // 1_000_000, UTC).strftime("%Y-%m")
    name = f"{month}-{blake2b(content.encode(), digest_size=6).hexdigest()}"
    fresh = tuple(device for device in everybody if device in selected)
    return Task(
        name, tuple(devices), span, read(span, reach), properties, tuple(sorted(looked)), fresh
    )


def _written(
    selections: Iterable[Selection], reaching: Reaching, until_live: int
) -> Mapping[str, tuple[list[Span], Properties]]:
    """By device the spans that are written, apart from each other, and of which properties."""
    spans: dict[str, list[Span]] = {}
    properties: dict[str, Properties] = {}
    for selection in selections:
        for device in selection.devices:
            for other, names, reach in reaching.influenced(device, selection.properties):
                write = ranges((selection.since, selection.until), reach, until_live).write
                if write[0] < write[1]:
                    spans.setdefault(other, []).append(write)
                    before = properties.get(other, frozenset())
                    properties[other] = None if names is None or before is None else before | names
    return {device: (_joined(of), properties[device]) for device, of in spans.items()}


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for since, until in sorted(spans):
        if joined and since <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], until)
        else:
            joined.append((since, until))
    return joined


def _months(spans: Iterable[Span]) -> Iterator[Span]:
    """Cut where a month (UTC) begins."""
    for since, until in spans:
        while since < until:
            border = min(until, _next_month(since))
            yield since, border
            since = border


def _next_month(at: int) -> int:
    date = datetime.fromtimestamp(at // 1_000_000, UTC)
    year, month = date.year + date.month // 12, date.month % 12 + 1
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1_000_000
