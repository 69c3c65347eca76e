"""The frames that a run needs, at hand for as long as it is at work.

A run of raw values needs none. What came late is on ``readings``; what is decoded again, and what
came late so long ago that ``readings`` has forgotten it, is on ``uplinks``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from connectors.reprocess import days, reading, spool
from connectors.reprocess.asked import DECODED, LATE, Asked
from connectors.reprocess.opening import Opening
from connectors.reprocess.work import Place, Work, series, spans_decoded
from connectors.store.batch import ask
from streams import topics
from streams.codecs.sandbox import sandbox
from streams.duration import HOUR
from streams.registry import Registry
from streams.reprocess.contract import Span, Task
from streams.reprocess.reaching import Reaching


@contextmanager
def frames(
    place: Place,
    run: str,
    registry: Registry,
    todo: Work,
    tasks: Sequence[Task],
    *,
    dry: bool = False,
) -> Iterator[tuple[Opening, Mapping[str, int]]]:
    """What tasks read and write, with the frames that they need at hand for the block; and how
    many messages could not be decoded, and how many frames went to live.

    Raises:
        Retry: Kafka does not answer.
    """
    late = _spans(one for one in todo.asked if one.why == LATE)
    decoded = _spans(one for one in todo.asked if one.why == DECODED)
    if not decoded and not (late and tasks):
        yield Opening(place.settings, run, registry), {}
        return
    path = spool.path_of(place.settings.home, run)
    with ExitStack() as stack:
        stack.callback(spool.remove, path)
        reaching = Reaching(registry, series(place.client, todo))
        kept = todo.until - max(map(reaching.reach, decoded), default=0) - HOUR
        counts: dict[str, int] = {}
        found = _frames(place, registry, late, decoded, kept, stack, counts, dry=dry)
        spool.fill(path, found)
        yield Opening(place.settings, run, registry, path, decoded, registry.sequence), counts


def _frames(
    place: Place,
    registry: Registry,
    late: reading.Wanted,
    complete: reading.Wanted,
    live_since: int,
    stack: ExitStack,
    counts: dict[str, int],
    *,
    dry: bool,
) -> Iterator[spool.Placed]:
    """Late samples are on ``readings``, or else decoded again."""
    settings, wire = place.settings, place.wire
    old, recent, since = _late(place, late)
    if recent:
        yield from reading.readings(settings, wire, recent, since)
    wanted = {d: [*old.get(d, ()), *complete.get(d, ())] for d in old.keys() | complete.keys()}
    if wanted:
        send, wait = _to_live(place) if complete and not dry else (_nowhere, _at_once)
        run = stack.enter_context(sandbox(settings))
        how = reading.Decoding(
            registry, place.networks, run, registry.sequence, live_since, send, complete
        )
        yield from reading.uplinks(settings, wire, wanted, _first(wanted), how)
        wait()
        counts |= {"not_decoded": how.dead, "to_live": how.sent}


def _late(place: Place, late: reading.Wanted) -> tuple[reading.Wanted, reading.Wanted, int]:
    """What is decoded again, what is read as it was decoded, and from which arrival on.

    ``readings`` is no help where it does not reach back so far, nor where a run has decoded again:
    what that took back still lies there as it was, and would return.
    """
    if not late:
        return {}, {}, 0
    (settled,) = ask(place.client, "settled_since")
    since = max(_first(late), int(settled["at"] or 0))
    if place.settings.clock == "wall" and since < place.now() - reading.READINGS_KEPT:
        return late, {}, since
    again = spans_decoded(place.client)
    old = {d: spans for d, spans in late.items() if _touch(spans, again.get(d, ()))}
    return old, {d: spans for d, spans in late.items() if d not in old}, since


def _touch(spans: Sequence[Span], others: Sequence[Span]) -> bool:
    return any(a < d and c < b for a, b in spans for c, d in others)


def _to_live(place: Place) -> tuple[days.Send, Callable[[], None]]:
    return days.sender(place.settings, topics.READINGS)


def _nowhere(_key: bytes, _value: bytes | None, _timestamp: int) -> None:
    """Where nothing is written, nothing goes to live either."""


def _at_once() -> None:
    """Nothing was sent."""


def _spans(asked: Iterable[Asked]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for one in asked:
        found.setdefault(one.device, []).append((one.since, one.until))
    return found


def _first(wanted: reading.Wanted) -> int:
    return min(since for spans in wanted.values() for since, _ in spans)
