"""The life of a value for people: one step a paragraph, from the uplink to the last revision."""

from collections.abc import Iterator, Mapping
from typing import Any

Told = Mapping[str, Any]

FLAGS = {
    0: "does not apply",
    1: "good",
    2: "not evaluated",
    3: "suspect",
    4: "fail",
    9: "missing",
}
"""Of QARTOD, by number: their names are defined beside what loads numpy, and --help needs none."""


def lines(told: Told) -> Iterator[str]:
    """The lines of ``vigie explain``."""
    row = told["stored"]
    channel = f" {told['channel']}" if told["channel"] else ""
    yield f"{told['device']} {told['property']}{channel} at {_time(told['observed_at'])}"
    yield f"  {_number(row['value'])} {row['unit']}, {_flag(row['flag'])}; {told['status']}"
    if told["pending"]:
        yield f"  the day is pending: {told['pending']}"
    yield from _uplink(told["uplink"], row)
    yield from _codec(told["codec"], row)
    yield ""
    yield f"raw          {_number(row['raw'])} {row['unit']}"
    for stage in told["stages"]:
        yield from _stage(stage)
    yield f"value        {_number(row['value'])} {row['unit']}, to a tenth of the resolution"
    yield ""
    yield from _tests(told)
    yield f"flag         {_flag(row['flag'])}" + (", provisional" if row["provisional"] else "")
    yield ""
    yield from (_window(window, row["unit"]) for window in told["windows"])
    yield f"revision     {row['revision']}, config {row['config_version']}"
    yield from map(_revision, told["revisions"])
    yield from _mismatches(told)


def _uplink(uplink: Told | None, row: Told) -> Iterator[str]:
    yield ""
    if uplink is None:
        arrived = _time(row["arrival"])
        yield f"uplink       not found on its topic among those that arrived at {arrived}"
        return
    yield f"uplink       {uplink['place']}, request {uplink['request_id']}"
    source = f"source {uplink['source']} ({uplink['network']})"
    yield f"             {source}, arrived {_time(uplink['arrival'])}"
    sent = f"counter {_number(uplink['counter'])}, port {_number(uplink['port'])}"
    yield f"             {sent}, payload {uplink['payload'] or 'none'}"


def _codec(codec: Told | None, row: Told) -> Iterator[str]:
    if codec is None:
        return
    yield f"codec        {codec['codec']}, hash {codec.get('hash')}"
    if codec.get("hash") not in (None, row["codec_hash"]):
        yield f"             the row was decoded by another: hash {row['codec_hash']}"
    if codec.get("errors"):
        yield f"             {'; '.join(codec['errors'])}"
    else:
        yield f"             {codec.get('object')}"


def _stage(stage: Told) -> Iterator[str]:
    given, made = _number(stage["given"]), _number(stage["made"])
    yield f"calibration  {stage['id']} ({stage['kind']}): {given} → {made}" + (
        f", {_flag(stage['flag'])}" if stage["flag"] else ""
    )
    yield f"             {_pairs(stage['params'])}"
    for beside in stage["beside"]:
        at = "nothing usable near" if beside["at"] is None else _time(beside["at"])
        yield f"             with {beside['property']} {_number(beside['value'])} ({at})"


def _tests(told: Told) -> Iterator[str]:
    for test in told["tests"]:
        yield f"{test['name']:<12} {_flag(test['flag'])}"
        yield f"             {_pairs(test['numbers'])}"
        yield f"             by {_pairs(test['params'])}"
    for name, flag in told["others"].items():
        yield f"{name:<12} {_flag(flag)}"


def _window(window: Told, unit: str) -> str:
    start = str(window["start"])[:19].replace(" ", "T") + "Z"
    usable = window["good"] + window["unknown"]
    told = f"{usable} usable of {usable + sum(window[n] for n in ('suspect', 'fail', 'missing'))}"
    mean = f", mean {_number(window['total'] / usable)} {unit}" if usable else ""
    return f"window       {window['duration']} s from {start}: {told}{mean}"


def _revision(before: Told) -> str:
    was = "absent" if before["was_absent"] else f"{_number(before['value'])}, {before['flag']}"
    run = f"run {before['run']} by {before['author']}: {before['reason']}"
    return f"before       revision {before['revision']}: {was}; superseded by {run}"


def _mismatches(told: Told) -> Iterator[str]:
    if not told["mismatches"]:
        yield "judged again, it is the stored row"
        return
    yield ""
    yield "JUDGED AGAIN, IT IS NOT THE STORED ROW"
    for each in told["mismatches"]:
        yield f"  {each['field']}: stored {each['stored']}, now {each['computed']}"
    yield from (f"  {reason}" for reason in told["reasons"])


def _flag(flag: int) -> str:
    return f"{flag} {FLAGS.get(flag, '')}".rstrip()


def _pairs(numbers: Told) -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in numbers.items()) or "-"


def _number(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _time(at: int) -> str:
    from connectors.rfc3339 import text

    return text(at)
