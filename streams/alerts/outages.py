"""Silences folded into the outage of a gateway or a network.

Events are taken in the order of their instants: a silence opens, is decided once those that it
may be part of have had time to open, and ends. What is decided at an instant depends on nothing
later, so a sweep that stops and goes on says what one sweep says, and a replay what was said.
"""

import heapq
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from streams.alerts.alert import DEVICE, GATEWAY, NETWORK
from streams.alerts.condition import Condition, Key
from streams.alerts.fleet import MINUTE, Fleet

HOLD = 2 * MINUTE
"""Two ticks: what a condition is part of is known to every partition."""

HOLD_MOST = 15 * MINUTE
GATEWAY_LEAST = 3
NETWORK_LEAST = 5
"""Devices that make an outage; of a network a share of those that stand somewhere as well. Of a
gateway each counts by its share: one that several hear tells little of any of them."""

_ENDS, _OPENS, _DUE = range(3)
_NEVER = -(1 << 62)
Subject = tuple[str, str]


@dataclass
class Episode:
    """A silence of one device, or an outage of many; it is one alert.

    ``since`` and ``until``: the instants at which what they have in common can have failed.
    """

    kind: str
    subject: str
    opened_at: int
    updated_at: int
    since: int
    until: int
    members: list[Key]
    back: list[Key] = field(default_factory=list)
    closed_at: int | None = None
    into: str = ""

    def close(self, at: int, into: str = "") -> None:
        """It ends; ``into`` is what it became part of."""
        self.closed_at = self.updated_at = at
        self.into = into

    @property
    def away(self) -> list[Key]:
        """The members that are still silent."""
        back = set(self.back)
        return [key for key in self.members if key not in back]


@dataclass
class Folded:
    """What is decided by an instant: episodes, and when what is not decided will be.

    ``heard`` is since when a silence counts that outlived an outage, ``recovered`` when a device
    of a network, or of a gateway that alone hears it, was last heard again.
    """

    until: int = _NEVER
    episodes: list[Episode] = field(default_factory=list)
    due: dict[Key, int] = field(default_factory=dict)
    heard: dict[Key, int] = field(default_factory=dict)
    recovered: dict[Subject, int] = field(default_factory=dict)

    def copy(self) -> "Folded":
        """Another one, which a sweep may change."""
        return Folded(
            self.until,
            [replace(e, members=[*e.members], back=[*e.back]) for e in self.episodes],
            dict(self.due),
            dict(self.heard),
            dict(self.recovered),
        )


def sweep(start: Folded, silences: Mapping[Key, Condition], fleet: Fleet, until: int) -> Folded:
    """What is decided by ``until``, from what was by ``start.until``; ``start`` stays as it is.

    ``silences`` are all that are open at ``start.until`` or open later. One that ``start`` knows
    and that is not among them has been withdrawn.
    """
    return _Sweep(start.copy(), silences, fleet).run(until)


def hold(patience: int) -> int:
    """How long a silence waits for others: a device of the same rhythm that fell silent with it is
    found so within one period, a third of its patience."""
    return min(max(HOLD, patience // 3), HOLD_MOST)


class _Sweep:
    def __init__(self, folded: Folded, silences: Mapping[Key, Condition], fleet: Fleet) -> None:
        self._folded, self._silences, self._fleet = folded, silences, fleet
        self._of = {key: e for e in folded.episodes for key in e.away if e.closed_at is None}
        self._open: dict[Subject, dict[Key, None]] = {}
        self._events: list[tuple[int, int, Key]] = []
        self._patiences: dict[Key, int] = {}

    def run(self, until: int) -> Folded:
        self._withdraw()
        for key, silence in self._silences.items():
            self._expect(key, silence)
        for key, at in self._folded.due.items():
            heapq.heappush(self._events, (at, _DUE, key))
        while self._events and self._events[0][0] <= until:
            at, what, key = heapq.heappop(self._events)
            (self._ends, self._opens, self._decide)[what](key, at)
        self._folded.until = until
        return self._folded

    def _withdraw(self) -> None:
        """Silences that never were belong to nothing."""
        folded, known = self._folded, self._silences
        for key in [k for k in self._of if k not in known]:
            self._of.pop(key).members.remove(key)
        for table in (folded.due, folded.heard):
            for key in [k for k in table if k not in known]:
                del table[key]
        folded.episodes = [e for e in folded.episodes if e.members]

    def _patience(self, key: Key) -> int:
        if key not in self._patiences:
            silence = self._silences[key]
            self._patiences[key] = self._fleet.patience(silence.device, silence.opened_at)
        return self._patiences[key]

    def _expect(self, key: Key, silence: Condition) -> None:
        known = key in self._of or key in self._folded.due
        before = self._folded.until
        if not known and silence.closed_at is not None and silence.closed_at <= before:
            return
        if silence.opened_at <= before:
            self._join_open(key)
        else:
            heapq.heappush(self._events, (silence.opened_at, _OPENS, key))
        if not known:
            self._folded.due[key] = silence.opened_at + hold(self._patience(key))
        if silence.closed_at is not None:
            heapq.heappush(self._events, (silence.closed_at, _ENDS, key))

    def _join_open(self, key: Key) -> None:
        for subject in self._subjects(key):
            self._open.setdefault(subject, {})[key] = None

    def _subjects(self, key: Key) -> Iterator[Subject]:
        silence = self._silences[key]
        if silence.network:
            yield NETWORK, silence.network
        yield from ((GATEWAY, name) for name in silence.gateways)

    def _opens(self, key: Key, _: int) -> None:
        self._join_open(key)

    def _ends(self, key: Key, at: int) -> None:
        self._folded.due.pop(key, None)
        self._folded.heard.pop(key, None)
        alone = len(self._silences[key].gateways) == 1
        for subject in self._subjects(key):
            self._open.get(subject, {}).pop(key, None)
            if alone or subject[0] == NETWORK:
                self._folded.recovered[subject] = at
        if (episode := self._of.pop(key, None)) is not None:
            episode.back.append(key)
            if 2 * len(episode.back) > len(episode.members):
                self._over(episode, at)

    def _over(self, episode: Episode, at: int) -> None:
        """It is over; who is still silent has from now on the patience of one who was heard."""
        episode.close(at)
        for key in episode.away:
            del self._of[key]
            self._folded.heard[key] = at
            due = at + self._patience(key) + hold(self._patience(key))
            self._folded.due[key] = due
            heapq.heappush(self._events, (due, _DUE, key))

    def _decide(self, key: Key, at: int) -> None:
        if self._folded.due.get(key) != at:
            return
        outage = self._under_way(key)
        if outage is None or outage.kind != NETWORK:
            outage = self._network(key, at) or outage or self._gateway(key, at)
        if outage is None:
            heard, found = self._window(key)
            outage = Episode(DEVICE, key[0], found, found, heard, found, [])
            self._folded.episodes.append(outage)
        if key in self._folded.due:
            self._take(outage, (key,), at)

    def _window(self, key: Key) -> tuple[int, int]:
        """From when a device was last heard to when it was found silent."""
        patience = self._patience(key)
        if (heard := self._folded.heard.get(key)) is not None:
            return heard, heard + patience
        opened = self._silences[key].opened_at
        return opened - patience, opened

    def _under_way(self, key: Key) -> Episode | None:
        """An outage that explains it: a network's first."""
        heard, found = self._window(key)
        subjects = set(self._subjects(key))
        fitting = [
            e
            for e in self._folded.episodes
            if e.closed_at is None
            and (e.kind, e.subject) in subjects
            and max(heard, e.since) <= min(found, e.until)
        ]
        return min(fitting, key=lambda e: (e.kind != NETWORK, e.opened_at, e.subject), default=None)

    def _network(self, key: Key, at: int) -> Episode | None:
        """The outage of its network, if no one gateway explains it."""
        network = self._silences[key].network
        silent = self._open.get((NETWORK, network), {})
        if not network or len(silent) < NETWORK_LEAST:
            return None
        enough = max(NETWORK_LEAST, self._fleet.outage(network, at))
        free = [k for k in silent if not self._in(k, NETWORK)] if len(silent) >= enough else []
        if len(free) < enough:
            return None
        members = self._together(key, free)
        if len(members) < enough or self._of_one_gateway(members):
            return None
        return self._begin((NETWORK, network), members, at)

    def _of_one_gateway(self, members: Collection[Key]) -> bool:
        """Whether one gateway heard them all, and most of them alone."""
        shared = set.intersection(*(set(self._silences[k].gateways) for k in members))
        return bool(shared) and 2 * self._weight(members) > len(members)

    def _weight(self, members: Iterable[Key]) -> Fraction:
        """For how many devices that only one gateway hears these count, of a gateway of theirs."""
        sizes = Counter(len(self._silences[k].gateways) for k in members)
        return sum((Fraction(n, size) for size, n in sizes.items()), Fraction())

    def _gateway(self, key: Key, at: int) -> Episode | None:
        """The outage of the one of its gateways that explains most."""
        found = []
        for name in self._silences[key].gateways:
            free = [k for k in self._open[GATEWAY, name] if not self._in(k, NETWORK, GATEWAY)]
            members = self._together(key, free)
            if (weight := self._weight(members)) >= GATEWAY_LEAST:
                found.append((-weight, name, members))
        for _, name, members in sorted(found):
            if (begun := self._begin((GATEWAY, name), members, at)) is not None:
                return begun
        return None

    def _in(self, key: Key, *kinds: str) -> bool:
        episode = self._of.get(key)
        return episode is not None and episode.kind in kinds

    def _together(self, key: Key, others: Iterable[Key]) -> list[Key]:
        """Those that can have fallen silent at the instant at which most can have with it."""
        heard, found = self._window(key)
        windows = {key: (heard, found)}
        for other in others:
            window = self._window(other)
            if max(heard, window[0]) <= min(found, window[1]):
                windows[other] = window
        starts = sorted(window[0] for window in windows.values())
        ends = sorted(window[1] for window in windows.values())
        instants = [start for start in starts if heard <= start <= found]
        best = max(instants, key=lambda at: (bisect_right(starts, at) - bisect_left(ends, at), -at))
        return sorted(k for k, (since, until) in windows.items() if since <= best <= until)

    def _begin(self, subject: Subject, members: list[Key], at: int) -> Episode | None:
        """The outage of its members; None if somebody was heard through it meanwhile."""
        windows = [self._window(k) for k in members]
        since, until = max(w[0] for w in windows), min(w[1] for w in windows)
        if self._folded.recovered.get(subject, _NEVER) >= since:
            return None
        outage = Episode(*subject, min(w[1] for w in windows), at, since, until, [])
        self._folded.episodes.append(outage)
        self._take(outage, members, at)
        return outage

    def _take(self, outage: Episode, members: Iterable[Key], at: int) -> None:
        """Members join; the alert that one had, and the outage that it was in, become part."""
        for key in members:
            former = self._of.get(key)
            if former is outage:
                continue
            moved = [key] if former is None else former.away
            if former is not None:
                former.close(at, into=f"the outage of {outage.kind} {outage.subject}")
            for one in moved:
                self._folded.due.pop(one, None)
                self._of[one] = outage
                outage.members.append(one)
        if outage.kind != DEVICE:
            outage.updated_at = at
