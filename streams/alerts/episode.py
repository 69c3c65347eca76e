"""What a fold over silences has found: the episodes, each of which is one alert."""

from dataclasses import dataclass, field, replace

from streams.alerts.condition import Key

NEVER = -(1 << 62)
Subject = tuple[str, str]
"""What failed: its kind and its name."""


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

    until: int = NEVER
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
