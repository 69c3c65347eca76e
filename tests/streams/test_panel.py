"""A panel: what is judged of a device does not depend on which others are judged with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streams.panel
from streams.applicable import Key
from streams.device_state import SENT, Sent, Series
from streams.duration import DAY
from streams.judge import Judged
from streams.panel import Member, Panel, PlanSet, panels, part
from streams.plan import DevicePlan
from streams.samples import ROW, Rows
from streams.siblings import Together, usable
from streams.windows import Entries, Windows
from tests.agreement.core import declared, registry
from tests.streams.quality.test_quality import PARAMS

SECOND = 1_000_000
START = 1_790_000_000 * SECOND // DAY * DAY
KINDS = ("instantaneous", "level", "index", "angle", "state")
DEVICES = ("A", "B", "C", "D")

_CHAINS: dict[str, list[dict[str, Any]]] = {
    "A": [{"kind": "linear", "params": {"a": 1.5, "b": 1.1}, "range": [-5, 20]}],
    "B": [
        {"kind": "linear", "params": {"a": 0.0, "b": 0.7}},
        {"kind": "linear", "params": {"a": 3.0}, "from": "2026-09-21T18:00:00Z", "stage": "drift"},
    ],
    "C": [
        {
            "kind": "drift",
            "params": {
                "opened": "2026-09-20T00:00:00Z",
                "closed": "2026-09-22T00:00:00Z",
                "last": 2.0,
            },
        }
    ],
    "D": [
        {
            "kind": "multilinear",
            "params": {
                "slope": 1.0,
                "temperature": 0.5,
                "temperature_property": "level",
                "tolerance": 600.0,
            },
        },
    ],
}


def _items() -> list[tuple[str, dict[str, Any]]]:
    items: list[tuple[str, dict[str, Any]]] = []
    for kind in KINDS:
        titles = {"title_fr": kind, "title_en": kind, "unit": "1", "resolution": 0.1}
        items.append(("property", {"id": kind, "kind": kind} | titles))
        items.append(("profile", {"id": f"of-{kind}", "property": kind, "tests": dict(PARAMS)}))
    dated = {"from": "2026-09-21T20:00:00Z", "tests": {"gross_range": {"fail": [0, 5]}}}
    items.append(("profile", {"id": "late", "property": "level", "device": "B"} | dated))
    for device in DEVICES:
        own = {"id": device, "name": device, "codec": "c", "use_case": "u", "nominal_period": 900}
        items.append(("device", own))
        for i, chain in enumerate(_CHAINS[device]):
            body = {"id": f"{device}{i}", "device": device, "property": "instantaneous"}
            items.append(("calibration", body | chain))
    return items


REGISTRY = registry(declared(_items()))

_sample = st.tuples(
    st.sampled_from([0, 60, 300, 900, 900, 900, 7200, 100_000]),
    st.one_of(st.sampled_from([0.0, 0.0, 1.0, 95.0, 360.0]), st.floats(-50, 150), st.just(np.nan)),
)
_lines = st.lists(_sample, max_size=12)
_devices = st.lists(
    st.tuples(st.sampled_from(DEVICES), st.lists(_lines, min_size=5, max_size=5)),
    min_size=1,
    max_size=5,
)


def rows(line: Sequence[tuple[int, float]]) -> Rows:
    """Samples of (seconds since the one before, value), each a frame of its own."""
    made = np.zeros(len(line), ROW)
    made["at"] = START + 17 * 3600 * SECOND + np.cumsum([step for step, _ in line]) * SECOND
    made["arrival"] = made["at"] + 5 * SECOND
    made["value"] = [value for _, value in line]
    made["frame"] = [b"%d" % i for i in range(1, len(line) + 1)]
    made["counter"], made["size"], made["offset"] = -1, 11, np.nan
    return made


def member(name: str, device: str, lines: Sequence[Sequence[tuple[int, float]]]) -> Member:
    series: dict[Key, Series] = {
        (kind, ""): Series(rows(line)) for kind, line in zip(KINDS, lines, strict=True)
    }
    plans = usable(DevicePlan(REGISTRY, REGISTRY.get("device", device)), sorted(series))
    return Member(name, series, PlanSet(plans))


def content(of: Windows, i: int) -> dict[str, Any]:
    """A window's columns; what is no number as a text, since it is not like itself."""
    found: dict[str, Any] = {}
    for name, column in of.columns.items():
        found[name] = column.of(i) if isinstance(column, Entries) else repr(column[i])
    return found


def same(one: Judged, other: Judged) -> None:
    for name in ("rows", "value", "flag", "provisional"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    names = one.tests.keys() | other.tests.keys()
    none = np.zeros(len(one.rows), np.uint8)
    for name in names:
        assert one.tests.get(name, none).tolist() == other.tests.get(name, none).tolist(), name


def compare(panel: Panel) -> None:
    """Each member as if it stood alone."""
    for key, of in panel.judged().items():
        stretches = panel.stretches(of.time)
        for i, each in enumerate(panel.members):
            rows = {k: series.rows for k, series in each.series.items()}
            alone = Together(rows, each.set.plans).judged(key)
            same(part(of, stretches[i]), alone)
            for windows, own in zip(of.windows, alone.windows, strict=True):
                here = panel.stretches(windows.start)[i]
                assert panel.utc(windows.start[here]).tolist() == own.start.tolist()
                for k in range(len(own.start)):
                    assert content(windows, here.start + k) == content(own, k)


@settings(max_examples=60, deadline=None)
@given(_devices)
def test_each_is_judged_as_if_it_stood_alone(devices: list[tuple[str, Any]]) -> None:
    members = [member(f"{i}", device, lines) for i, (device, lines) in enumerate(devices)]
    found = list(panels(members))
    assert sorted(d for panel in found for d in panel.devices) == sorted(m.device for m in members)
    for panel in found:
        compare(panel)


def test_what_has_one_form_goes_together_whatever_its_calibrations() -> None:
    line = [(900, 20.0), (900, 21.0)]
    found = list(panels(member(name, name, [line] * 5) for name in "AC"))
    assert [panel.devices for panel in found] == [["A", "C"]]
    assert found[0].judged()["instantaneous", ""].value.tolist() == [23.5, 24.6, *found_of_c(line)]


def found_of_c(line: Sequence[tuple[int, float]]) -> list[float]:
    """20 and 21 less a drift that goes from 0 to 2 over two days."""
    passed = [(r["at"] - START + DAY) / (2 * DAY) for r in rows(line)]
    return [np.floor((x - 2 * p) * 100 + 0.5) / 100 for x, p in zip((20, 21), passed, strict=True)]


def test_too_close_together_they_would_see_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above can fail: the distance is no luxury."""
    from_morning_to_night = [(7 * 3600 + 600, 20.0), (85_200, 80.0)]

    def two() -> Panel:
        (both,) = panels(member(name, "A", [from_morning_to_night] * 5) for name in "xy")
        return both

    compare(two())
    monkeypatch.setattr(PlanSet, "reach", 0)
    with pytest.raises(AssertionError):
        compare(two())


def test_a_large_city_is_judged_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.panel, "ROWS_MAX", 20)
    members = [member(str(i), "A", [[(900, 20.0)]] * 5) for i in range(10)]
    found = list(panels(members))
    assert [len(panel.members) for panel in found] == [3, 4, 3]
    assert [d for panel in found for d in panel.devices] == [str(i) for i in range(10)]


def test_clocks_that_are_centuries_ahead_leave_room_for_all() -> None:
    """Of 40 devices one frame each in the year 9999: together longer than 63 bits."""
    ahead = 250_000_000_000
    lines = [[(900, 20.0), (900, 30.0), (ahead, 40.0)]] * 5
    found = list(panels(member(str(i), "A", lines) for i in range(40)))
    assert [d for panel in found for d in panel.devices] == [str(i) for i in range(40)]
    assert len(found) < 20
    for panel in found:
        assert (np.diff(panel.places) > ahead * SECOND).all()
        compare(panel)


def test_what_was_said_goes_into_the_line_and_comes_back() -> None:
    members = [member(name, "A", [[(900, 20.0)]] * 5) for name in "xyz"]
    tables: list[Sent] = []
    for count in (2, 0, 3):
        table = np.zeros(count, SENT)
        table["at"] = START + np.arange(count) * 3600 * SECOND
        table["digest"] = np.arange(count) + 1
        tables.append(table)
    said: Mapping[str, Sent] = dict(zip("xyz", tables, strict=True))
    for each in members:
        each.series["level", ""].windows = said[each.device]
    panel = next(iter(panels(members)))
    line = panel.sent(tables)
    assert (np.diff(line["at"]) > 0).all()
    assert [t.tolist() for t in panel.apart(line)] == [t.tolist() for t in tables]
    assert not any(np.shares_memory(t, line) for t in panel.apart(line))
