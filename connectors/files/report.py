"""What became of a file: rows read, kept, known already, refused and why."""

from dataclasses import asdict, dataclass, field
from typing import Any

from streams.errors import Skip

LINES_MAX = 10
"""Line numbers told of one reason: the first ones."""

_MESSAGE_MAX = 500


@dataclass(slots=True)
class Refusal:
    """The rows of one reason: how many, the first lines, and what was said of the first."""

    reason: str
    rows: int = 0
    lines: list[int] = field(default_factory=list)
    message: str = ""

    def add(self, line: int, why: Skip) -> None:
        """One more row."""
        self.rows += 1
        self.message = self.message or str(why)[:_MESSAGE_MAX]
        if len(self.lines) < LINES_MAX:
            self.lines.append(line)


@dataclass(slots=True)
class Report:
    """``refusal`` is why a file cannot be read any further: with no row read, not at all."""

    file: str
    source: str
    rows: int = 0
    kept: int = 0
    duplicate: int = 0
    reasons: dict[str, Refusal] = field(default_factory=dict)
    refusal: str | None = None
    message: str = ""

    @property
    def refused(self) -> int:
        """Rows that were not sent."""
        return sum(refusal.rows for refusal in self.reasons.values())

    @property
    def clean(self) -> bool:
        """Whether everything was of use: nobody has to look at the file again."""
        return self.refusal is None and not self.reasons

    def refuse(self, line: int, why: Skip) -> None:
        """A row that is not sent."""
        self.reasons.setdefault(why.reason, Refusal(why.reason)).add(line, why)

    def end(self, why: Skip) -> None:
        """Nothing more can be read."""
        self.refusal, self.message = why.reason, str(why)[:_MESSAGE_MAX]

    def content(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {
            "file": self.file,
            "source": self.source,
            "rows": self.rows,
            "kept": self.kept,
            "duplicate": self.duplicate,
            "refused": self.refused,
            "reasons": [asdict(refusal) for refusal in self.reasons.values()],
            "refusal": self.refusal,
            "message": self.message,
        }

    @classmethod
    def restored(cls, content: dict[str, Any]) -> "Report":
        """The report of :meth:`content`."""
        plain = {k: v for k, v in content.items() if k not in ("refused", "reasons")}
        return cls(**plain, reasons={r["reason"]: Refusal(**r) for r in content["reasons"]})
