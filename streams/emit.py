"""Changed rows to records of the wire."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.applicable import Key
from streams.device_state import Sent, Series
from streams.handler import Output
from streams.judge import Judged
from streams.plan import SeriesPlan
from streams.quality import Flags
from streams.revisions import Changes, changes, digest, handed_over, unsaid
from streams.topics import OBSERVATIONS, WINDOWS, Topic
from streams.windows import DURATIONS, NONE, Entries, Pairs, Windows, window_starts
from streams.wire import Wire


@dataclass(frozen=True)
class Emission:
    """What one series has to say after it was judged again.

    ``windows`` are by duration, as those of ``judged``. ``left`` are the instants of rows that
    have changed and are not ours to say.
    """

    device: str
    key: Key
    plan: SeriesPlan
    judged: Judged
    observations: Changes
    windows: tuple[Changes, ...]
    left: set[int]

    def outputs(self, wire: Wire, clock: int) -> Iterator[Output]:
        """Observations, then windows, tombstones among them; ``clock`` in UTC microseconds."""
        key = self.device.encode()
        tables: list[_Table] = [
            (OBSERVATIONS, "Observation", self.observations, self._observation, _no_observation)
        ]
        for of, changed in zip(self.judged.windows, self.windows, strict=True):
            said = partial(_window, of), partial(_no_window, of.duration)
            tables.append((WINDOWS, "Window", changed, *said))
        series = {"device": self.device, "property": self.key[0], "channel": self.key[1]}
        for topic, name, changed, row, no_row in tables:
            rows = [row(i) for i in changed.index.tolist()]
            rows += [no_row(at) for at in changed.gone["at"].tolist()]
            revisions = changed.revision.tolist() + changed.gone["revision"].tolist()
            for content, revision in zip(rows, revisions, strict=True):
                message = wire.encode(name, series | content | {"revision": revision})
                yield Output(topic, key, message, (content.get("arrival") or clock) // 1000)

    def instants(self) -> list[int]:
        """Of the rows that it tells of, windows by their starts, and of those left to the batch;
        UTC microseconds."""
        tables = [(self.observations, self.judged.rows["at"])]
        starts = (of.start for of in self.judged.windows)
        tables += zip(self.windows, starts, strict=True)
        rows = (t for c, at in tables for t in (*at[c.index].tolist(), *c.gone["at"].tolist()))
        return [*rows, *self.left]

    def _observation(self, i: int) -> dict[str, Any]:
        return observation(self.plan, self.judged, i)


def observation(plan: SeriesPlan, judged: Judged, i: int) -> dict[str, Any]:
    """What is said of sample ``i`` of a series, by the names of the wire, without its revision."""
    row, segment = judged.rows[i], plan.segments[judged.segment[i]]
    return {
        "observed_at": int(row["at"]),
        "frame_id": bytes(row["frame"]).ljust(16, b"\0"),
        "arrival": int(row["arrival"]),
        "raw": _present(row["value"]),
        "value": _present(judged.value[i]),
        "unit": plan.observed.unit,
        "flag": int(judged.flag[i]),
        "tests": {name: int(flags[i]) for name, flags in judged.tests.items() if flags[i]},
        "provisional": bool(judged.provisional[i]),
        "calibrations": [stage.id for stage in segment.stages if not math.isnan(row["value"])],
        "config_version": segment.version,
        "decode_version": int(row["version"]),
        "codec_hash": int(row["codec"]),
        "counter": _known(row["counter"]),
        "payload_size": _known(row["size"]),
        "clock_offset": _present(row["offset"]),
    }


_Table = tuple[
    Topic, str, Changes, Callable[[int], dict[str, Any]], Callable[[int], dict[str, Any]]
]


def _window(windows: Windows, i: int) -> dict[str, Any]:
    """One window; what does not apply to its kind is left to the defaults of the wire."""
    content: dict[str, Any] = {"start": int(windows.start[i]), "duration": windows.duration}
    for name, column in windows.columns.items():
        if isinstance(column, Entries):
            content |= _TABLES[name](column.of(i))
        else:
            number = column[i].item()
            content[name] = None if number == NONE or number != number else number
    return content


def _levels(pairs: Pairs) -> dict[str, Any]:
    tenths, counts = [int(key) for key, _ in pairs], [int(number) for _, number in pairs]
    return {"levels": tenths, "level_counts": counts}


def _states(pairs: Pairs) -> dict[str, Any]:
    return {"states": {f"{key:.0f}": seconds for key, seconds in pairs}}


_TABLES: Mapping[str, Callable[[Pairs], dict[str, Any]]] = {"levels": _levels, "states": _states}


def _tests(tests: Mapping[str, Flags], size: int) -> NDArray[np.uint64]:
    """One number a row for all its flags by name.

    A test that does not apply to a row adds nothing: a test that begins to apply elsewhere in
    the series leaves this row as it was.
    """
    word = np.zeros(size, np.uint64)
    for name, flags in tests.items():
        weight = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") | 1
        word += flags.astype(np.uint64) * np.uint64(weight)
    return word


def _no_observation(at: int) -> dict[str, Any]:
    return {"observed_at": at, "is_deleted": True}


def _no_window(duration: int, start: int) -> dict[str, Any]:
    return {"start": start, "duration": duration, "is_deleted": True}


def _known(number: Any) -> int | None:
    return None if number < 0 else int(number)


def _present(value: Any) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number


def withdrawn(wire: Wire, device: str, key: Key, gone: Series, clock: int) -> Iterator[Output]:
    """Tombstones for all that was said of what is gone from a series; ``clock`` in UTC
    microseconds."""
    tables: list[tuple[Topic, str, Sent, Callable[[int], dict[str, Any]]]] = [
        (OBSERVATIONS, "Observation", gone.observations, _no_observation)
    ]
    for duration, of in zip(DURATIONS, (gone.windows, gone.hours), strict=True):
        tables.append((WINDOWS, "Window", of, partial(_no_window, duration)))
    for topic, name, sent, row in tables:
        for last in sent[sent["digest"] != 0]:
            place = {"device": device, "property": key[0], "channel": key[1]}
            content = place | row(int(last["at"]))
            content["revision"] = max(int(last["revision"]) + 1, clock)
            yield Output(topic, device.encode(), wire.encode(name, content), clock // 1000)


def emission(
    device: str, key: Key, plan: SeriesPlan, series: Series, judged: Judged, clock: int, since: int
) -> Emission:
    """Compare a judged series with what was said of it, and note what will have been said.

    Rows before ``since`` (UTC microseconds) belong to the batch and are left alone, and so are
    windows that end by then; ``left`` are those that a sample after ``since`` has changed.
    """
    ahead = max((s.look_ahead for s in plan.segments), default=0) + plan.beyond
    tables = [
        (series.observations, judged.rows["at"], _observed(judged, plan), (since - ahead, since))
    ]
    for sent, of in zip((series.windows, series.hours), judged.windows, strict=True):
        edges = np.array((since - ahead - plan.hold, since), np.int64)
        first, last = window_starts(edges, of.duration).tolist()
        tables.append((sent, of.start, _windowed(of), (first, last)))
    left: set[int] = set()
    said: list[Changes] = []
    for sent, at, digests, span in tables:
        others = unsaid(sent, at, digests, *span)
        told = handed_over(sent, at, digests, others)
        said.append(changes(told, at, digests, clock, span[1]))
        left |= others
    series.observations, series.windows, series.hours = (changed.sent for changed in said)
    return Emission(device, key, plan, judged, said[0], tuple(said[1:]), left)


def _observed(judged: Judged, plan: SeriesPlan) -> NDArray[np.uint64]:
    rows = judged.rows
    versions = np.array([s.version for s in plan.segments], np.int64)
    columns = [rows[name] for name in ("frame", "arrival", "version", "codec", "value")]
    columns += [judged.value, judged.flag, judged.provisional, versions[judged.segment]]
    return digest([*columns, _tests(judged.tests, len(rows))], len(rows))


def _windowed(windows: Windows) -> NDArray[np.uint64]:
    columns = windows.columns.values()
    words = [column.words() if isinstance(column, Entries) else column for column in columns]
    return digest(words, len(windows.start))
