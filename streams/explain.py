"""The life of one value: the judgement with its trace on, told step by step. Pure.

What is told is what the judge did, by the same call as live and batch: each stage with what went
in and came out, each test with its numbers. What follows from it is compared with the stored row.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from streams.applicable import Key
from streams.chain import Track
from streams.content import observation
from streams.errors import Skip
from streams.judge import Judged, Peers
from streams.plan import SeriesPlan
from streams.quality import Columns, number
from streams.quality.aligned import aligned
from streams.samples import Rows
from streams.segment import TESTS, Segment
from streams.siblings import Plans, Together, nobody
from streams.trace import Staged, Trace

NAMED = frozenset({"maintenance", "verdict", "duplicate_conflict", "calibration_range"}) | {
    "calibration_input"
}
"""Flags that no quality test gives."""


@dataclass(frozen=True)
class Explanation:
    """``row`` is what the judgement says of the sample, by the names of the wire; ``stages``,
    ``tests`` and ``others`` are how it came to that, fit for JSON. Instants are UTC
    microseconds."""

    row: Mapping[str, Any]
    stages: tuple[Mapping[str, Any], ...]
    tests: tuple[Mapping[str, Any], ...]
    others: Mapping[str, int]


@dataclass(frozen=True)
class Series:
    """One series among those of its device, judged once with its trace."""

    key: Key
    plan: SeriesPlan
    together: Together
    judged: Judged
    trace: Trace

    def explain(self, i: int) -> Explanation:
        """The life of sample ``i``."""
        segment = self.plan.segments[self.judged.segment[i]]
        at = int(self.judged.rows["at"][i])
        found = {name: int(flags[i]) for name, flags in self.judged.tests.items()}
        return Explanation(
            observation(self.plan, self.judged, i),
            tuple(self._stage(s, at) for s in self.trace.stages if at in s.at),
            tuple(self._test(segment, name, i, found[name]) for name in segment.tests),
            {name: flag for name, flag in found.items() if flag and name not in segment.tests},
        )

    def _stage(self, staged: Staged, at: int) -> Mapping[str, Any]:
        j, stage = int(np.searchsorted(staged.at, at)), staged.stage
        return {
            "id": stage.id,
            "kind": stage.kind.name,
            "params": stage.params.model_dump(mode="json", by_alias=True),
            "range": stage.range,
            "given": number(staged.given[j]),
            "beside": [self._beside(staged, name, at, j) for name in stage.siblings],
            "made": number(staged.made.value[j]),
            "flag": int(staged.made.flags[j]),
            "provisional": staged.made.provisional,
        }

    def _beside(self, staged: Staged, name: str, at: int, j: int) -> Mapping[str, Any]:
        """What stood beside the sample, and when that was measured: aligned as the value was."""
        reach = staged.stage.kind.reach(staged.stage.params)
        track = self.together.usable(self.key, name)
        when = math.nan if track is None else _instant(track, at, reach)
        value = number(staged.inputs.sibling(name)[j])
        return {"property": name, "value": value, "at": None if math.isnan(when) else int(when)}

    def _test(self, segment: Segment, name: str, i: int, flag: int) -> Mapping[str, Any]:
        test, params = TESTS[name], segment.tests[name]
        columns: Columns | None = self.trace.columns
        numbers = {} if columns is None else test.told(columns, params, i)
        plain = params.model_dump(mode="json", exclude_none=True)
        return {"name": name, "flag": flag, "numbers": dict(numbers), "params": plain}


def _instant(track: Track, at: int, within: int) -> float:
    """When the value was measured that is aligned with an instant: instants are aligned alike;
    below 2^53 they are exact as floats."""
    when, values = track
    instants = np.where(np.isnan(values), np.nan, when.astype(np.float64))
    return float(aligned(np.array([at]), when, instants, within)[0])


def traced(
    samples: Mapping[Key, Rows],
    plans: Plans,
    key: Key,
    peers: Callable[[Key], Peers] | None = None,
) -> Series:
    """Judge a series of a device among the others, with its trace.

    ``samples`` are all that its flags may depend on, ``peers`` what other devices near by say,
    which only the batch has.

    Raises:
        Skip: nothing declared can judge it.
    """
    if key not in plans:
        raise Skip("unknown_property", f"nothing that is declared can judge {key[0]} {key[1]}")
    trace = Trace()
    among = Together({k: samples[k] for k in plans}, plans, {key: trace}, peers or nobody)
    return Series(key, plans[key], among, among.judged(key), trace)


def place(series: Series, at: int) -> int | None:
    """Which sample was observed then; None where there is none."""
    rows = series.judged.rows
    i = int(np.searchsorted(rows["at"], at))
    return i if i < len(rows) and int(rows["at"][i]) == at else None


def mismatches(said: Mapping[str, Any], stored: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields in which the judgement of now and the stored row differ, with both."""
    return [
        {"field": name, "stored": stored[name], "computed": said[name]}
        for name in said
        if name in stored and said[name] != stored[name]
    ]


def why(
    found: list[dict[str, Any]], stored: Mapping[str, Any], pending: str, settled: bool
) -> list[str]:
    """What may explain a mismatch, the likeliest first.

    ``pending`` is the reason for which the day waits for the batch, empty where it does not;
    ``settled`` whether the row is final.
    """
    fields = {each["field"] for each in found}
    said = []
    if "config_version" in fields:
        said.append("what is declared has changed since the row was judged")
    if pending:
        said.append(f"the day is pending ({pending}): the batch has not judged it again yet")
    if "tests" in fields and "neighbours" in stored["tests"]:
        said.append("neighbours: peers are looked at when a day is settled, not live")
    if not settled and not pending:
        said.append("the row is not final: a worker or the sink may not have met all of it yet")
    if fields and not said:
        said.append(
            "nothing that is known explains it: run `vigie reprocess run` over the day, and report "
            "it if it stays"
        )
    return said if fields else []
