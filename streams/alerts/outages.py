"""Silences folded into the outage of a gateway or a network.

Events are taken in the order of their instants: a silence opens, is decided once those that it
may be part of have had time to open, and ends. What is decided at an instant depends on nothing
later, so a sweep that stops and goes on says what one sweep says, and a replay what was said.
"""

import heapq
from collections.abc import Iterable, Mapping

from streams.alerts.alert import DEVICE, GATEWAY, NETWORK
from streams.alerts.condition import Condition, Key
from streams.alerts.episode import NEVER, Episode, Folded, Subject
from streams.alerts.fleet import Fleet
from streams.alerts.silences import Silences

GATEWAY_LEAST = 3
NETWORK_LEAST = 5
"""Devices that make an outage; of a network a share of those that stand somewhere as well. Of a
gateway each counts by its share: one that several hear tells little of any of them."""

_ENDS, _OPENS, _DUE = range(3)


def sweep(start: Folded, silences: Mapping[Key, Condition], fleet: Fleet, until: int) -> Folded:
    """What is decided by ``until``, from what was by ``start.until``; ``start`` stays as it is.

    ``silences`` are all that are open at ``start.until`` or open later. One that ``start`` knows
    and that is not among them has been withdrawn.
    """
    folded = start.copy()
    return _Sweep(folded, Silences(silences, fleet, folded.heard)).run(until)


class _Sweep:
    def __init__(self, folded: Folded, silences: Silences) -> None:
        self._folded, self._silences = folded, silences
        self._of = {key: e for e in folded.episodes for key in e.away if e.closed_at is None}
        self._open: dict[Subject, dict[Key, None]] = {}
        self._events: list[tuple[int, int, Key]] = []

    def run(self, until: int) -> Folded:
        self._withdraw()
        for key, silence in self._silences.of.items():
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
        folded, known = self._folded, self._silences.of
        for key in [k for k in self._of if k not in known]:
            self._of.pop(key).members.remove(key)
        for table in (folded.due, folded.heard):
            for key in [k for k in table if k not in known]:
                del table[key]
        folded.episodes = [e for e in folded.episodes if e.members]

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
            self._folded.due[key] = silence.opened_at + self._silences.hold(key)
        if silence.closed_at is not None:
            heapq.heappush(self._events, (silence.closed_at, _ENDS, key))

    def _join_open(self, key: Key) -> None:
        for subject in self._silences.subjects(key):
            self._open.setdefault(subject, {})[key] = None

    def _opens(self, key: Key, _: int) -> None:
        self._join_open(key)

    def _ends(self, key: Key, at: int) -> None:
        self._folded.due.pop(key, None)
        self._folded.heard.pop(key, None)
        alone = len(self._silences.of[key].gateways) == 1
        for subject in self._silences.subjects(key):
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
            due = at + self._silences.patience(key) + self._silences.hold(key)
            self._folded.due[key] = due
            heapq.heappush(self._events, (due, _DUE, key))

    def _decide(self, key: Key, at: int) -> None:
        if self._folded.due.get(key) != at:
            return
        outage = self._under_way(key)
        if outage is None or outage.kind != NETWORK:
            outage = self._network(key, at) or outage or self._gateway(key, at)
        if outage is None:
            heard, found = self._silences.window(key)
            outage = Episode(DEVICE, key[0], found, found, heard, found, [])
            self._folded.episodes.append(outage)
        if key in self._folded.due:
            self._take(outage, (key,), at)

    def _under_way(self, key: Key) -> Episode | None:
        """An outage that explains it: a network's first."""
        heard, found = self._silences.window(key)
        subjects = set(self._silences.subjects(key))
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
        network = self._silences.of[key].network
        silent = self._open.get((NETWORK, network), {})
        if not network or len(silent) < NETWORK_LEAST:
            return None
        enough = max(NETWORK_LEAST, self._silences.fleet.outage(network, at))
        free = [k for k in silent if not self._in(k, NETWORK)] if len(silent) >= enough else []
        if len(free) < enough:
            return None
        members = self._silences.together(key, free)
        if len(members) < enough or self._silences.of_one_gateway(members):
            return None
        return self._begin((NETWORK, network), members, at)

    def _gateway(self, key: Key, at: int) -> Episode | None:
        """The outage of the one of its gateways that explains most."""
        found = []
        for name in self._silences.of[key].gateways:
            free = [k for k in self._open[GATEWAY, name] if not self._in(k, NETWORK, GATEWAY)]
            members = self._silences.together(key, free)
            if (weight := self._silences.weight(members)) >= GATEWAY_LEAST:
                found.append((-weight, name, members))
        for _, name, members in sorted(found):
            if (begun := self._begin((GATEWAY, name), members, at)) is not None:
                return begun
        return None

    def _in(self, key: Key, *kinds: str) -> bool:
        episode = self._of.get(key)
        return episode is not None and episode.kind in kinds

    def _begin(self, subject: Subject, members: list[Key], at: int) -> Episode | None:
        """The outage of its members; None if somebody was heard through it meanwhile."""
        windows = [self._silences.window(k) for k in members]
        since, until = max(w[0] for w in windows), min(w[1] for w in windows)
        if self._folded.recovered.get(subject, NEVER) >= since:
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
