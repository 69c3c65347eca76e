"""Changed rows to records of the wire."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.applicable import Key
from streams.handler import Output
from streams.judge import Judged
from streams.plan import SeriesPlan
from streams.quality import Flags
from streams.revisions import Changes, changes, digest, unsaid
from streams.state import Series
from streams.topics import OBSERVATIONS, WINDOWS
from streams.windows import DURATION, WINDOW, window_starts
from streams.wire import Wire


@dataclass(frozen=True)
class Emission:
    """What one series has to say after it was judged again.

    ``left`` are the instants of rows that have changed and are not ours to say.
    """

    device: str
    key: Key
    plan: SeriesPlan
    judged: Judged
    observations: Changes
    windows: Changes
    left: set[int]

    def outputs(self, wire: Wire, clock: int) -> Iterator[Output]:
        """Observations, then windows, tombstones among them; ``clock`` in UTC microseconds."""
        key = self.device.encode()
        tables = (
            (OBSERVATIONS, "Observation", self.observations, self._observation, _no_observation),
            (WINDOWS, "Window", self.windows, self._window, _no_window),
        )
        series = {"device": self.device, "property": self.key[0], "channel": self.key[1]}
        for topic, name, changed, row, no_row in tables:
            rows = [row(i) for i in changed.index.tolist()]
            rows += [no_row(at) for at in changed.gone["at"].tolist()]
            revisions = changed.revision.tolist() + changed.gone["revision"].tolist()
            for content, revision in zip(rows, revisions, strict=True):
                message = wire.encode(name, series | content | {"revision": revision})
                yield Output(topic, key, message, (content.get("arrival") or clock) // 1000)

    def _observation(self, i: int) -> dict[str, Any]:
        judged, row = self.judged, self.judged.rows[i]
        segment = self.plan.segments[judged.segment[i]]
        return {
            "observed_at": int(row["at"]),
            "frame_id": bytes(row["frame"]).ljust(16, b"\0"),
            "arrival": int(row["arrival"]),
            "raw": _present(row["value"]),
            "value": _present(judged.value[i]),
            "unit": self.plan.observed.unit,
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

    def _window(self, i: int) -> dict[str, Any]:
        row = self.judged.windows[i]
        content: dict[str, Any] = {name: row[name].item() for name in WINDOW.names or ()}
        for name in ("least", "greatest", "first", "last"):
            content[name] = _present(row[name])
        if self.plan.observed.kind != "level":
            content["energy"] = content["exposure"] = None
        start, config = content.pop("at"), content.pop("config")
        return content | {"start": start, "duration": DURATION, "config_version": config}


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


def _no_window(start: int) -> dict[str, Any]:
    return {"start": start, "duration": DURATION, "is_deleted": True}


def _known(number: Any) -> int | None:
    return None if number < 0 else int(number)


def _present(value: Any) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number


def withdrawn(wire: Wire, device: str, key: Key, gone: Series, clock: int) -> Iterator[Output]:
    """Tombstones for all that was said of what is gone from a series; ``clock`` in UTC
    microseconds."""
    for topic, name, sent, row in (
        (OBSERVATIONS, "Observation", gone.observations, _no_observation),
        (WINDOWS, "Window", gone.windows, _no_window),
    ):
        for of in sent[sent["digest"] != 0]:
            content = {"device": device, "property": key[0], "channel": key[1]} | row(int(of["at"]))
            content["revision"] = max(int(of["revision"]) + 1, clock)
            yield Output(topic, device.encode(), wire.encode(name, content), clock // 1000)


def emission(
    device: str, key: Key, plan: SeriesPlan, series: Series, judged: Judged, clock: int, since: int
) -> Emission:
    """Compare a judged series with what was said of it, and note what will have been said.

    Rows before ``since`` (UTC microseconds) belong to the batch and are left alone, and so are
    windows that end by then; ``left`` are those that a sample after ``since`` has changed.
    """
    rows, quarter = judged.rows, judged.windows
    ahead = max((s.look_ahead for s in plan.segments), default=0) + plan.beyond
    edges = since - ahead, since
    starts = window_starts(np.array(edges, np.int64)).tolist()
    tables = (
        (series.observations, rows["at"], _observed(judged, plan), edges),
        (series.windows, quarter["at"], _windowed(quarter), starts),
    )
    left: set[int] = set()
    for sent, at, digests, span in tables:
        left |= unsaid(sent, at, digests, *span)
    said, of_windows = (
        changes(sent, at, digests, clock, span[1]) for sent, at, digests, span in tables
    )
    series.observations, series.windows = said.sent, of_windows.sent
    return Emission(device, key, plan, judged, said, of_windows, left)


def _observed(judged: Judged, plan: SeriesPlan) -> NDArray[np.uint64]:
    rows = judged.rows
    versions = np.array([s.version for s in plan.segments], np.int64)
    columns = [rows[name] for name in ("frame", "arrival", "version", "codec", "value")]
    columns += [judged.value, judged.flag, judged.provisional, versions[judged.segment]]
    return digest([*columns, _tests(judged.tests, len(rows))], len(rows))


def _windowed(quarter: NDArray[np.void]) -> NDArray[np.uint64]:
    return digest([quarter[name] for name in WINDOW.names or ()], len(quarter))
