"""What a judgement met on its way to its values, for whoever asks why.

The judge itself writes it: what is told is what was done, and nothing is computed a second time.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.calibration import Calibrated, Floats, Inputs, Instants
from streams.quality import Columns

if TYPE_CHECKING:
    from streams.segment import Stage


@dataclass(frozen=True)
class Staged:
    """One stage over the samples to which it applies: what went in, stood beside, came out."""

    stage: "Stage"
    at: Instants
    given: Floats
    inputs: Inputs
    made: Calibrated


@dataclass
class Trace:
    """``stages`` in the order of the chains, ``columns`` what every test has looked at."""

    stages: list[Staged] = field(default_factory=list)
    columns: Columns | None = None
