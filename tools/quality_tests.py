"""The reference page of the quality tests, from the tests themselves."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import streams.quality
import streams.quality.ioos_qc
from streams.discover import discover
from streams.quality import QualityTest
from streams.quality.defaults import table as defaults
from streams.segment import KEPT_MAX
from tools.markdown import table
from tools.parameters import parameters, told

_INTRODUCTION = """\
A flag says how far a value can be trusted. It never changes the value.

| flag | QARTOD | says |
| --- | --- | --- |
| 1 | good | tested, nothing found |
| 2 | not evaluated | no test could say anything |
| 3 | suspect | look at it before it is used |
| 4 | fail | not to be used |
| 9 | missing | there is no value |

The flag of a row is the worst of its tests, in the order 9, 2, 1, 3, 4; a missing value is always
9. A test looks at the samples of one series in the order of time. It compares with others only as
far as `max_gap`, `period` or the like says: what lies further away counts as missing, so that a
value gets the same flag live and years later. The "now" of a test is the arrival of the sample
itself. A test that has nothing to compare with says 2; workers compare with other properties of
the device at the same instant, with `payload_size` and with `clock_offset`, not with other
devices. `clock_offset` is the latest time that the device tells in the frame, as it tells it,
less the network server's; what a codec's mapping names as `time` is such a time.

Durations are seconds, bounds are inclusive: what equals a threshold is good. Profiles of the
inventory name tests and their parameters; where none is declared, [defaults](#defaults) apply.

## On the desk

```sh
uv run vigie quality list
uv run vigie quality check --test spike --params '{"suspect": 5, "max_gap": 2250}' < series.csv
```

`series.csv` has the columns `time,value`: a time is RFC 3339 with an offset, or seconds since
1970; an empty value is missing. With a header there may be more: `arrival`, when the sample came
(without it, all come now), and by their names what a test compares with. One flag a line comes
out, in the order of the lines; they are judged in the order of time. Exit codes: 1, a line cannot
be read (standard error says which); 2, the test or its parameters do not exist.

## The tests

"""

_COMPATIBLE = """
## As ioos_qc does

With `--compat ioos_qc` these tests give the flags of [ioos_qc](https://github.com/ioos/ioos_qc)
3.0.0, with its parameters in its units, to compare two systems. Profiles do not use them: they
go by counts where radio loses frames, compare across gaps of any length and call a first sample
good. Where ioos_qc calls a missing value good or raises on a series that is too short, they say 9
and 2.

"""


def page(note: str) -> str:
    """The page; ``note`` says who writes it."""
    ours = discover(streams.quality, QualityTest)
    theirs = discover(streams.quality.ioos_qc, QualityTest)
    head = ("test", "flags", "compares with", "ioos_qc")
    rows = [
        (f"[`{n}`](#{n})", _summary(t), _others(t), "yes" if n in theirs else "")
        for n, t in ours.items()
    ]
    return (
        f"# Quality tests\n\n{note}\n{_INTRODUCTION}{table(head, rows)}"
        + "".join(_section(test) for test in ours.values())
        + _defaults()
        + _COMPATIBLE
        + "".join(_section(test, " as ioos_qc does") for test in theirs.values())
    )


def _summary(test: QualityTest) -> str:
    return _told(test).partition("\n")[0].partition(": ")[2].rstrip(".")


def _others(test: QualityTest) -> str:
    if test.peers:
        return "other devices, when the day is settled"
    if test.name in _NAMED:
        return _NAMED[test.name]
    names = test.inputs(test.params.model_construct())
    return ", ".join(f"`{name}`" for name in names)


_NAMED: Mapping[str, str] = {
    "energy_balance": "the property `power` names",
    "multivariate": "properties of the device",
}
"""Tests whose parameters name what they read."""


def _told(test: QualityTest) -> str:
    return told(import_module(test.params.__module__).__doc__)


def _section(test: QualityTest, more: str = "") -> str:
    text = _told(test).partition("\n\n")[2]
    parts = [f"### {test.name}{more}", text, told(test.params.__doc__)]
    return "\n" + "\n\n".join(p for p in parts if p) + "\n\n" + parameters(test.params)


def _defaults() -> str:
    rows = [
        (f"`{name}`", *(_said(tests.get(test)) for test in _DEFAULT_TESTS))
        for name, tests in defaults().items()
    ]
    return (
        "\n## Defaults\n\nThe tests of a property of the vocabulary, in its unit, where no profile "
        "is declared for it\nor one without `tests`; `tests: {}` is no test. A profile replaces "
        "all of them. `max_gap` is 2.5\nnominal periods of the device. A default with which a "
        f"worker would keep more than {KEPT_MAX}\nsamples of a series is left out: a fill level "
        "sent each minute is not tested for a fortnight\nwithout a change; a shorter window may "
        "be declared. What depends on the place has none: the zeros\nof a counter are judged by "
        "`stuck_zero` with the week that is usual there, a lamp's power by\nwhat it is rated "
        "for. Bounds of counts are those of the quarter of an hour given by `per`, in\n"
        "proportion to the nominal period.\n\n"
        + table(("property", *(f"`{test}`" for test in _DEFAULT_TESTS)), rows)
    )


_DEFAULT_TESTS = "gross_range", "rate_of_change", "flat_line"


def _said(params: Mapping[str, Any] | None) -> str:
    return f"`{json.dumps(params)}`" if params else ""
