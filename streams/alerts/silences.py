"""Who can have fallen silent together.

A silence is known by the instant at which its device was last heard and the one at which it was
found silent, its patience later: whatever silenced it happened between the two.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from streams.alerts.alert import GATEWAY, NETWORK
from streams.alerts.condition import Condition, Key
from streams.alerts.episode import Subject
from streams.alerts.fleet import Fleet
from streams.duration import MINUTE

HOLD = 2 * MINUTE
"""Two ticks: what a condition is part of is known to every partition."""

HOLD_MOST = 15 * MINUTE


@dataclass(frozen=True)
class Silences:
    """Silences by key; ``heard`` is since when one counts that outlived an outage."""

    of: Mapping[Key, Condition]
    fleet: Fleet
    heard: Mapping[Key, int]
    _patiences: dict[Key, int] = field(default_factory=dict, repr=False)

    def patience(self, key: Key) -> int:
        """How long its device may say nothing, microseconds."""
        if key not in self._patiences:
            silence = self.of[key]
            self._patiences[key] = self.fleet.patience(silence.device, silence.opened_at)
        return self._patiences[key]

    def hold(self, key: Key) -> int:
        """How long it waits for others: a device of the same rhythm that fell silent with it is
        found so within one period, a third of its patience."""
        return min(max(HOLD, self.patience(key) // 3), HOLD_MOST)

    def subjects(self, key: Key) -> Iterator[Subject]:
        """What its device was heard through last: whose outage it may be part of."""
        silence = self.of[key]
        if silence.network:
            yield NETWORK, silence.network
        yield from ((GATEWAY, name) for name in silence.gateways)

    def window(self, key: Key) -> tuple[int, int]:
        """From when a device was last heard to when it was found silent."""
        patience = self.patience(key)
        if (heard := self.heard.get(key)) is not None:
            return heard, heard + patience
        opened = self.of[key].opened_at
        return opened - patience, opened

    def of_one_gateway(self, members: Collection[Key]) -> bool:
        """Whether one gateway heard them all, and most of them alone."""
        shared = set.intersection(*(set(self.of[k].gateways) for k in members))
        return bool(shared) and 2 * self.weight(members) > len(members)

    def weight(self, members: Iterable[Key]) -> Fraction:
        """For how many devices that only one gateway hears these count, of a gateway of theirs."""
        sizes = Counter(len(self.of[k].gateways) for k in members)
        return sum((Fraction(n, size) for size, n in sizes.items()), Fraction())

    def together(self, key: Key, others: Iterable[Key]) -> list[Key]:
        """Those that can have fallen silent at the instant at which most can have with it."""
        heard, found = self.window(key)
        windows = {key: (heard, found)}
        for other in others:
            window = self.window(other)
            if max(heard, window[0]) <= min(found, window[1]):
                windows[other] = window
        starts = sorted(window[0] for window in windows.values())
        ends = sorted(window[1] for window in windows.values())
        instants = [start for start in starts if heard <= start <= found]
        best = max(instants, key=lambda at: (bisect_right(starts, at) - bisect_left(ends, at), -at))
        return sorted(k for k, (since, until) in windows.items() if since <= best <= until)
