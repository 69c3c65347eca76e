"""What a difference comes to, series by series."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.reprocess import arrow
from streams.reprocess.compare import Bools, Compared, Index, Name, different, grouped
from streams.reprocess.contract import Largest, Summary

Tables = tuple[pa.Table, pa.Table]
"""What was judged, and what is stored."""


def summaries(tables: Mapping[str, Tables], found: Mapping[str, Compared]) -> list[Summary]:
    """A summary of each series of which a row was judged or has vanished, in their order."""
    known: dict[Name, Summary] = {}
    _observations(tables["observations"], found["observations"], known)
    _windows(tables["windows"], found["windows"], known)
    return [known[name] for name in sorted(known)]


def _observations(tables: Tables, found: Compared, known: dict[Name, Summary]) -> None:
    judged, stored = tables
    of, names = grouped(judged)
    value = found.differs & different(judged["value"], stored["value"], found.judged, found.stored)
    flag = found.differs & different(judged["flag"], stored["flag"], found.judged, found.stored)
    pairs = of[found.judged]
    _add(known, names, "samples", of)
    _add(known, names, "added", of[found.new])
    _add(known, names, "values", pairs[value])
    _add(known, names, "flags", pairs[flag])
    _add(known, names, "others", pairs[found.differs & ~value & ~flag])
    _add(known, *_vanished(stored, found, "vanished"))
    _largest(tables, found, value, (pairs, names), known)


def _windows(tables: Tables, found: Compared, known: dict[Name, Summary]) -> None:
    judged, stored = tables
    of, names = grouped(judged)
    _add(known, names, "windows", np.concatenate([of[found.new], of[found.judged][found.differs]]))
    _add(known, *_vanished(stored, found, "windows_vanished"))


def _vanished(stored: pa.Table, found: Compared, name: str) -> tuple[list[Name], str, Index]:
    of, names = grouped(stored.take(pa.array(found.vanished)))
    return names, name, of


def _add(known: dict[Name, Summary], names: Sequence[Name], what: str, of: Index) -> None:
    for place, count in enumerate(np.bincount(of, minlength=len(names)).tolist()):
        if count:
            name = names[place]
            before = known.setdefault(name, Summary(*name))
            known[name] = replace(before, **{what: count})


def _largest(
    tables: Tables,
    found: Compared,
    changed: Bools,
    of: tuple[Index, Sequence[Name]],
    known: dict[Name, Summary],
) -> None:
    """Of those with a value before and after; of two as large the earlier."""
    judged, stored = tables
    mine, theirs, place = found.judged[changed], found.stored[changed], of[0][changed]
    before, after = arrow.floats(stored["value"])[theirs], arrow.floats(judged["value"])[mine]
    at, by = arrow.whole(judged["observed_at"])[mine], np.abs(after - before)
    both: NDArray[np.intp] = np.flatnonzero(~np.isnan(by))
    order = both[np.lexsort((at[both], -by[both], place[both]))]
    first = np.flatnonzero(np.diff(place[order], prepend=-1))
    for i in order[first].tolist():
        name = of[1][place[i]]
        largest = Largest(int(at[i]), float(before[i]), float(after[i]))
        known[name] = replace(known[name], largest=largest)
