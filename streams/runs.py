"""A set of whole numbers most of which follow one another, in a few words."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Runs:
    """``edges`` are where a run begins and where it has ended, in turn, ascending."""

    edges: list[int] = field(default_factory=list)

    def __contains__(self, number: int) -> bool:
        return bisect_right(self.edges, number) % 2 == 1

    def __iter__(self) -> Iterator[int]:
        for since, until in zip(self.edges[::2], self.edges[1::2], strict=True):
            yield from range(since, until)

    def __len__(self) -> int:
        return sum(self.edges[1::2]) - sum(self.edges[::2])

    def __bool__(self) -> bool:
        return bool(self.edges)

    def toggle(self, number: int) -> None:
        """Put a number in, or take it out: where there was an edge on a side there is none, and
        one where there was none."""
        if self.edges and self.edges[-1] == number:
            self.edges[-1] = number + 1
            return
        for edge in (number, number + 1):
            place = bisect_left(self.edges, edge)
            if self.edges[place : place + 1] == [edge]:
                del self.edges[place]
            else:
                self.edges.insert(place, edge)
