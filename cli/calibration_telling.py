"""What ``vigie calibration`` says: tables, JSON, and records as the inventory has them."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.load import Shape

if TYPE_CHECKING:
    from cli.comparison import Asked
    from connectors.reference import Compared
    from streams.fit.co_location import CoLocation


def write(path: Path, text: str) -> None:
    """A plot, where it was asked for.

    Raises:
        Stop: it cannot be written there.
    """
    from streams.errors import Stop

    try:
        path.write_text(text, "utf-8")
    except OSError as e:
        raise Stop(f"the plot cannot be written: {e}") from e


def show_fit(
    found: "CoLocation",
    of: "Compared",
    asked: "Asked",
    around: Mapping[str, str],
    method: str,
    output: Shape,
) -> None:
    """A fit, with the calibration that the inventory may declare; what it left out is said."""
    from streams.fit.co_location import as_dict

    for name, factor in found.fit.dropped.items():
        _warn(f"{name} was left out: the other columns say it already (VIF {factor:.3g})")
    for name, observed in around.items() if asked.stored else ():
        if name not in of.pairs.numbers:
            _warn(f"{name} was left out: the device has no usable {observed} then")
    whole = as_dict(found, _described(of, asked, method), around)
    if output is Shape.table:
        for matrix_or_twice in ("covariance", "slope", "intercept"):
            del whole[matrix_or_twice]
    show(whole, output)


def _warn(said: str) -> None:
    print(f"vigie: {said}", file=sys.stderr)  # noqa: T201


def _described(of: "Compared", asked: "Asked", method: str) -> dict[str, str]:
    """What the calibration of a fit is of, and its id where that is known."""
    named = {"device": asked.device, "property": asked.observed, "channel": asked.channel}
    named |= {name: of.described[name] for name in named if name in of.described}
    known = {name: value for name, value in named.items() if value}
    if not (named["device"] and named["property"]):
        return known
    return {"id": "-".join([*known.values(), method]), **known}


def show(found: dict[str, Any], output: Shape) -> None:
    """For people: what is known as tables, and a record as the inventory wants it."""
    if output is Shape.json:
        print(json.dumps(found, indent=1))  # noqa: T201
        return
    import yaml

    from cli.tables import table

    records = {
        "calibration": found.pop("record", None),
        "reliability": found.pop("reliability", None),
    }
    nested = {n: v for n, v in found.items() if _rows(n, v)}
    table(_rows("quantity", {n: v for n, v in found.items() if n not in nested}))
    for name, value in nested.items():
        table(_rows(name, value), name if isinstance(value, list) else "")
    for kind, record in records.items():
        if record:
            text = yaml.safe_dump({kind: [record]}, sort_keys=False, allow_unicode=True)
            print(text, end="")  # noqa: T201


def _rows(head: str, value: Any) -> list[dict[str, str]]:
    """The rows of a nested value, without those that say nothing; none of a plain one."""
    if isinstance(value, dict):
        return [{head: n, "value": _text(v)} for n, v in value.items() if v not in (None, "", {})]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{n: _text(v) for n, v in row.items()} for row in value]
    return []


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return "" if value is None else str(value)
