"""The frames of a batch as rows: made together, then each put in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from streams.applicable import Key
from streams.handler import Record
from streams.measured import NO_VALUE, Frame, frames, heads, measured, samples
from streams.samples import Frames, Rows


@dataclass(frozen=True)
class Met:
    """A frame that can be judged, and the horizon at its arrival, UTC microseconds.

    The horizon is that of its own place among the records: a backlog that is judged in one go
    makes nothing late that was not.
    """

    record: Record
    content: Frame
    since: int


@dataclass(frozen=True)
class Placed:
    """What was met, its values by series, its row among the frames, and the first and the last
    instant that it tells of."""

    met: Met
    rows: Mapping[Key, Rows]
    frame: Frames
    first: int

    @property
    def device(self) -> str:
        """Whose it is."""
        device: str = self.met.content["device"]
        return device

    @property
    def name(self) -> bytes:
        """Its id as rows have it: without the zeros at its end."""
        name: bytes = self.met.content["frame_id"]
        return name.rstrip(b"\0")

    def older(self, since: int) -> list[int]:
        """The instants of its values before another."""
        if self.first >= since:
            return []
        return [at for rows in self.rows.values() for at in rows["at"].tolist() if at < since]

    def younger(self, since: int) -> Mapping[Key, Rows]:
        """The values from an instant on; where all are older, the frame itself: what a former
        decoding of it gave goes."""
        if self.first >= since:
            return self.rows
        near = {k: r[r["at"] >= since] for k, r in self.rows.items()}
        near = {k: r for k, r in near.items() if len(r)}
        if near or self.met.content["observed_at"] < since:
            return near
        row = next(iter(self.rows.values()))[:1].copy()
        row["at"], row["value"] = self.met.content["observed_at"], np.nan
        return {NO_VALUE: row}


def placed(met: Sequence[Met]) -> list[Placed]:
    """The rows of all frames."""
    if not met:
        return []
    contents = [one.content for one in met]
    values = [measured(content) for content in contents]
    flat = [
        (i, at, value)
        for i, series in enumerate(values)
        for of in series.values()
        for at, value in sorted(of.items())
    ]
    table = samples(heads(contents), *zip(*flat, strict=True))
    own, found, end = frames(contents), list[Placed](), 0
    for i, (one, series) in enumerate(zip(met, values, strict=True)):
        rows: dict[Key, Rows] = {}
        for key, of in series.items():
            rows[key], end = table[end : end + len(of)], end + len(of)
        found.append(Placed(one, rows, own[i : i + 1], min(map(min, series.values()))))
    return found
